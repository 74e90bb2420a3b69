public import Channels
public import HTTPServing
import JSON
public import Outbound

/// What the application is asked: whether somebody may do something. Those who ask the same are one.
public struct CallbackQuestion: Hashable, Sendable {
    public let action: Action
    /// At least one.
    public var channels: [ChannelName]
    /// From where the client comes; `nil` if that is not known.
    public var address: PeerAddress?
    /// Whether it has come by https.
    public var isSecure = false
    /// The host and port that it has asked.
    public var host: String?
    public var method = "GET"
    /// Path and query, as they came.
    public var uri: [UInt8] = []
    /// How it reads; `nil` where it does not.
    public var subscriber: Subscriber?
    /// Of the fields that the client has sent, those that the application is to see.
    public private(set) var fields: [OutboundField] = []

    /// How a client reads, in the words of nchan.
    public enum Subscriber: String, Sendable {
        case eventSource = "eventsource"
        case longPoll = "longpoll"
    }

    public init(_ action: Action, _ channels: [ChannelName]) {
        self.action = action
        self.channels = channels
    }

    /// Shows a field that the client has sent, line by line.
    public mutating func show(_ name: String, _ lines: [ArraySlice<UInt8>]) {
        self.fields += lines.compactMap { OutboundField(name, $0) }
    }

    /// Whether a client's field may be shown to the application: none that says something here, where the client's would be believed,
    /// and none that is about the connection or frames the content (RFC 9110, section 7.6.1).
    public static func mayShow(_ name: String) -> Bool { !self.unshown.contains(name.lowercased()) }

    private static let unshown: Set<String> = [
        "x-original-uri", "x-original-method", "x-forwarded-for", "x-forwarded-proto", "x-forwarded-host",
        "x-forwarded-uri", "x-forwarded-method", "x-channel-id", "x-subscriber-type", "x-action",
        "host", "connection", "content-length", "content-type", "content-encoding", "transfer-encoding", "te",
        "trailer", "upgrade", "keep-alive", "expect", "proxy-connection", "proxy-authorization", "user-agent", "accept",
    ]

    /// As it is sent.
    func request(to url: OutboundURL, _ settings: CallbackSettings) -> OutboundRequest {
        var request = OutboundRequest(.get, url, fields: self.fields)
        request.timeout = settings.timeout
        request.contentSize = Self.mostBytes
        switch settings.form {
        case .fields: request.fields += self.ownFields
        case .json:
            request.method = .post
            request.fields += [OutboundField("Content-Type", "application/json".utf8)].compactMap(\.self)
            request.content = self.json.encoded()
        }
        return request
    }

    /// The most bytes of an answer.
    private static let mostBytes = 64 << 10

    private var ownFields: [OutboundField] {
        let address = self.address.map { Array("\($0)".utf8) }
        let values: [(String, [UInt8]?)] = [
            ("X-Original-URI", self.uri), ("X-Original-Method", Array(self.method.utf8)),
            ("X-Forwarded-For", address), ("X-Forwarded-Proto", Array((self.isSecure ? "https" : "http").utf8)),
            ("X-Forwarded-Host", self.host.map { Array($0.utf8) }), ("X-Forwarded-Uri", self.uri),
            ("X-Forwarded-Method", Array(self.method.utf8)), ("X-Action", Array(self.action.rawValue.utf8)),
            ("X-Channel-Id", self.channels.first.map(\.percentEncoded)),
            ("X-Subscriber-Type", self.subscriber.map { Array($0.rawValue.utf8) }),
        ]
        return values.compactMap { name, value in value.flatMap { OutboundField(name, $0) } }
    }

    private var json: JSONValue {
        .object([
            .init("action", .string(self.action.rawValue)),
            .init("channels", .array(self.channels.map { .string($0.description) })),
            .init("address", self.address.map { .string("\($0)") } ?? .null),
            .init("method", .string(self.method)),
            .init("uri", .string(String(decoding: self.uri, as: UTF8.self))),
        ])
    }
}

extension ChannelName {
    /// As a path would have it, so that no blank at an end is lost in a field.
    fileprivate var percentEncoded: [UInt8] {
        let digits = Array("0123456789ABCDEF".utf8)
        return self.bytes.flatMap { byte -> [UInt8] in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                [byte]
            default: [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
    }
}
