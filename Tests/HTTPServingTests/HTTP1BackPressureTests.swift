import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// Clients that do not take what is written to them.
@Suite struct HTTP1BackPressureTests {
    private let delegate: RecordingDelegate
    private let connection: Connection
    private let exchange: any Exchange

    /// A stream that has begun.
    init() throws {
        self.connection = try Connection { _, exchange in exchange.beginStream(Response(.ok)) }
        try self.connection.get()
        self.exchange = self.connection.responder.exchanges[0]
        self.delegate = RecordingDelegate()
        self.exchange.delegate = self.delegate
        _ = self.connection.text()
    }

    private let piece = ByteBuffer(string: "x")

    /// Pieces of one byte as they are sent (RFC 9112, section 7.1).
    private func chunks(_ pieces: String...) -> String { pieces.map { "1\r\n\($0)\r\n" }.joined() }

    @Test func `A write that is taken at once says so, and nothing is told later`() {
        #expect(exchange.write(piece))
        #expect(delegate.calls.isEmpty)
    }

    @Test func `A write that is not taken says so, and the delegate is told when it was`() {
        connection.socket.takesWrites = false
        #expect(!exchange.write(piece))
        #expect(delegate.calls.isEmpty)
        connection.socket.takeAll()
        #expect(delegate.calls == [.writable])
        #expect(connection.text() == chunks("x"))
    }

    @Test func `Writes behind one that was not taken are kept in order, and the delegate told once`() {
        connection.socket.takesWrites = false
        #expect(!exchange.write(piece))
        #expect(!exchange.write(ByteBuffer(string: "y")))
        connection.socket.takeAll()
        #expect(delegate.calls == [.writable])
        #expect(connection.text() == chunks("x", "y"))
    }

    @Test func `Who writes when told that all was taken can be told again`() throws {
        var left = 3
        let connection = connection
        let exchange = exchange
        let delegate = RecordingDelegate { call in
            guard call == .writable, left > 0 else { return }
            left -= 1
            connection.socket.takesWrites = false
            #expect(!exchange.write(ByteBuffer(string: "y")))
        }
        exchange.delegate = delegate
        connection.socket.takesWrites = false
        _ = exchange.write(piece)
        for _ in 0..<4 { connection.socket.takeAll() }
        #expect(delegate.calls == [.writable, .writable, .writable, .writable])
        #expect(connection.text() == chunks("x", "y", "y", "y"))
    }

    @Test func `The end waits for what is written before it`() {
        connection.socket.takesWrites = false
        _ = exchange.write(piece)
        exchange.end()
        connection.socket.takeAll()
        #expect(connection.text() == chunks("x") + "0\r\n\r\n")
        #expect(delegate.calls.isEmpty)
    }

    @Test func `A client that goes while writes wait ends them`() {
        connection.socket.takesWrites = false
        _ = exchange.write(piece)
        connection.disconnect()
        #expect(delegate.calls == [.closed])
    }

    // MARK: Time

    @Test func `A client that takes nothing is let go`() {
        connection.socket.takesWrites = false
        _ = exchange.write(piece)
        connection.wait(Limits().writeTimeout - .seconds(1))
        #expect(connection.isOpen)
        for _ in 0..<2 { connection.wait(Limits().writeTimeout) }
        #expect(!connection.isOpen)
        #expect(delegate.calls == [.closed])
    }

    @Test func `A client that takes nothing of the end is let go`() {
        connection.socket.takesWrites = false
        exchange.end()
        for _ in 0..<2 { connection.wait(Limits().writeTimeout) }
        #expect(!connection.isOpen)
    }

    @Test func `While the connection takes nothing the delegate's deadline does not come`() {
        connection.socket.takesWrites = false
        _ = exchange.write(piece)
        exchange.setDeadline(.now() + .seconds(1))
        connection.wait(.seconds(2))
        #expect(delegate.calls.isEmpty)
    }

    @Test func `A deadline set before the connection stopped taking comes when it takes again`() {
        exchange.setDeadline(.now() + .seconds(1))
        connection.socket.takesWrites = false
        _ = exchange.write(piece)
        connection.socket.takeAll()
        connection.wait(.seconds(2))
        #expect(delegate.calls == [.writable, .deadlineReached])
    }
}
