import NIOCore
import NIOHTTP1

/// Writes the heads of HTTP/1.1 answers (RFC 9112, sections 4 and 5).
///
/// Names and values are the server's own: nothing that a client sent gets here unless it was checked for CR and LF.
enum HTTP1Head {
    /// How the client sees where the content ends, and what becomes of the connection.
    enum Framing {
        case length(Int?)
        case chunked
        case untilClose
    }

    static func write(
        _ response: Response, cors: HTTPHeaders, framing: Framing, connection: String?, date: String,
        into buffer: inout ByteBuffer
    ) {
        buffer.writeString("HTTP/1.1 ")
        buffer.write(decimal: Int(response.status.code))
        buffer.writeString(" ")
        buffer.writeString(response.status.reasonPhrase)
        buffer.writeString("\r\nServer: pollux\r\nDate: ")
        buffer.writeString(date)
        buffer.writeString("\r\n")
        for (name, value) in response.headers { buffer.write(field: name, value) }
        for (name, value) in cors { buffer.write(field: name, value) }
        switch framing {
        case .length(nil), .untilClose: break
        case .length(let length?):
            buffer.writeString("Content-Length: ")
            buffer.write(decimal: length)
            buffer.writeString("\r\n")
        case .chunked: buffer.writeString("Transfer-Encoding: chunked\r\n")
        }
        if let connection { buffer.write(field: "Connection", connection) }
        buffer.writeString("\r\n")
    }
}

extension ByteBuffer {
    fileprivate mutating func write(field name: String, _ value: String) {
        self.writeString(name)
        self.writeString(": ")
        self.writeString(value)
        self.writeString("\r\n")
    }

    /// Writes a number that is not negative in decimal digits.
    mutating func write(decimal number: Int) {
        var divisor = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            self.writeInteger(UInt8(ascii: "0") + UInt8(number / divisor % 10))
            divisor /= 10
        }
    }
}
