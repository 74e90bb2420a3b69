import NIOCore
import NIOHTTP1
import NIOPosix
import TLS

extension ClientError {
    /// What to tell of an error on the way to a connection.
    init(connecting error: any Error) {
        self = error is InvalidIdentity ? .unusable("\(error)") : .unreachable(Self.reason(error))
    }

    /// What to tell of an error on a connection.
    init(onConnection error: any Error) {
        switch error {
        case TLSError.untrusted(let reason):
            self = .untrusted(reason)
        case TLSError.handshakeFailed, TLSError.handshakeTimeout:
            self = .unreachable(Self.reason(error))
        case HTTPParserError.invalidEOFState, HTTPParserError.closedConnection:
            self = .lost("the connection broke in the middle of an answer")
        case let error as HTTPParserError:
            self = .unreadable("it is not HTTP/1.1 (\(error))")
        default:
            self = .lost(Self.reason(error))
        }
    }

    private static func reason(_ error: any Error) -> String {
        switch error {
        case let error as NIOConnectionError:
            if let attempt = error.connectionErrors.last { return Self.reason(attempt.error) }
            return "there is no host \(error.host)"
        case let error as IOError:
            return "\(SystemError(code: error.errnoCode))"
        case ChannelError.connectTimeout(let limit):
            return "no connection within \(limit.nanoseconds / 1_000_000_000) seconds"
        case let error as Silence:
            return "no sign of life for \(error.limit.nanoseconds / 1_000_000_000) seconds"
        default:
            return "\(error)"
        }
    }
}
