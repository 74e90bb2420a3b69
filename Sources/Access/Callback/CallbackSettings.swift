public import Outbound

/// How the application is asked who may do what (`access.callback`).
public struct CallbackSettings: Equatable, Sendable {
    public enum Form: String, CaseIterable, Sendable {
        /// A GET for each channel that says everything in fields, as applications answer nginx, Traefik and nchan already.
        case fields
        /// A POST with all channels of a wish.
        case json
    }

    /// Where it is asked; `nil` for nowhere.
    public var url: OutboundURL?
    public var form = Form.fields
    /// Which fields of the client's request it is sent; default `Authorization` and `Cookie`.
    public var fields = ["Authorization", "Cookie"]
    /// How long it may take to answer; default 3 s.
    public var timeout = Duration.seconds(3)
    /// The most questions under way, of which each has a connection; others wait for their turn. Default 64.
    public var concurrency = 64

    public init() {}
}
