import Dispatch
import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import HTTPServing

/// How what is answered gets out: on the event loop and in the pool.
@Suite(.timeLimit(.minutes(1))) struct StaticFilesStreamTests {
    private static let size = 3_000_000
    private let temporary: TemporaryFolder
    private let files: StaticFiles
    private let content = pattern(size)

    init() throws {
        self.temporary = try TemporaryFolder()
        self.files = try #require(StaticFiles(folder: self.temporary.publicPath, pool: FakeConnection.pool))
        try self.temporary.write(self.content, to: "long.bin")
        try self.temporary.write("short", to: "short.txt")
    }

    /// A connection on which the request has come.
    private func connection(
        _ target: String, _ headers: HTTPHeaders = [:], room: Int = .max, isGone: Bool = false
    ) async throws -> FakeConnection {
        let connection = try await FakeConnection()
        try await connection.on { [files] exchange in
            exchange.room = room
            exchange.isGone = isGone
            files.respond(to: .get(target, headers), on: exchange)
        }
        return connection
    }

    @Test func `A short file is answered whole`() async throws {
        let (head, content) = try await connection("/short.txt").sent()
        #expect(head?.status == .ok)
        #expect(String(decoding: content, as: UTF8.self) == "short")
    }

    @Test func `A long file is sent piece by piece, with its length`() async throws {
        let connection = try await connection("/long.bin")
        let (head, content) = try await connection.sent()
        #expect(head?.header("Content-Length") == "\(Self.size)")
        #expect(content == self.content)
        #expect(try await connection.on { $0.writes } == (Self.size + FileStream.pieceSize - 1) / FileStream.pieceSize)
        #expect(try await connection.on { $0.delegate == nil })
        try await connection.settle()
        #expect(try !self.temporary.isOpen("long.bin"))
    }

    @Test func `A long part of a file is sent piece by piece`() async throws {
        let (head, content) = try await connection("/long.bin", ["Range": "bytes=1000-2999998"]).sent()
        #expect(head?.status == .partialContent)
        #expect(head?.header("Content-Range") == "bytes 1000-2999998/3000000")
        #expect(head?.header("Content-Length") == "2998999")
        #expect(content == Array(self.content[1000...2_999_998]))
    }

    @Test func `Nothing is read while the connection takes nothing`() async throws {
        let connection = try await connection("/long.bin", room: 2)
        try await self.waitForWrites(2, connection)
        for _ in 0..<10 { try await connection.settle() }
        #expect(try await connection.on { $0.writes } == 2)
        #expect(try await connection.sent().content == self.content)
    }

    @Test func `Being told more than once that it may go on sends nothing twice`() async throws {
        let connection = try await connection("/long.bin", room: 1)
        try await self.waitForWrites(1, connection)
        try await connection.on { exchange in for _ in 0..<3 { exchange.drain(room: .max) } }
        #expect(try await connection.sent().content == self.content)
    }

    @Test func `A server that stops lets a file come to its end`() async throws {
        let connection = try await connection("/long.bin", room: 1)
        try await self.waitForWrites(1, connection)
        try await connection.on { exchange in
            exchange.delegate?.drain()
            exchange.delegate?.deadlineReached(.now())
        }
        #expect(try await connection.sent().content == self.content)
    }

    @Test func `A file that is cut short ends the stream early`() async throws {
        let connection = try await connection("/long.bin", room: 1)
        try await self.waitForWrites(1, connection)
        try self.temporary.cut("long.bin", to: 200_000)
        #expect(try await connection.sent().content == Array(self.content[..<FileStream.pieceSize]))
        try await connection.settle()
        #expect(try !self.temporary.isOpen("long.bin"))
    }

    @Test func `With the connection the file is closed`() async throws {
        let connection = try await connection("/long.bin", room: 1)
        try await self.waitForWrites(1, connection)
        try await connection.settle()
        #expect(try self.temporary.isOpen("long.bin"))
        try await connection.on { $0.close() }
        try await connection.settle()
        #expect(try !self.temporary.isOpen("long.bin"))
    }

    @Test func `A piece that is read when the connection has gone is thrown away`() async throws {
        let connection = try await connection("/long.bin", room: 1)
        try await self.waitForWrites(1, connection)
        let held = self.holdPool()
        try await connection.on { exchange in
            exchange.drain(room: .max)
            exchange.close()
        }
        held.signal()
        for _ in 0..<2 { try await connection.settle() }
        #expect(try await connection.on { $0.writes } == 1)
        #expect(try !self.temporary.isOpen("long.bin"))
    }

    @Test func `A connection that has gone before the answer holds no file`() async throws {
        let connection = try await connection("/long.bin", isGone: true)
        try await connection.settle()
        #expect(try await connection.on { $0.delegate == nil && $0.writes == 0 })
        try await connection.settle()
        #expect(try !self.temporary.isOpen("long.bin"))
    }

    @Test func `The event loop does not wait for the file system`() async throws {
        let held = self.holdPool()
        let connection = try await connection("/short.txt")
        for _ in 0..<3 { #expect(try await connection.on { !$0.hasResponded }, "the loop goes on, the answer waits") }
        held.signal()
        #expect(try await connection.sent().head?.status == .ok)
    }

    /// Keeps the pool busy until it is signalled.
    private func holdPool() -> DispatchSemaphore {
        let semaphore = DispatchSemaphore(value: 0)
        FakeConnection.pool.submit { _ in semaphore.wait() }
        return semaphore
    }

    private func waitForWrites(_ count: Int, _ connection: FakeConnection) async throws {
        while try await connection.on({ $0.writes }) < count { try await connection.settle() }
    }
}
