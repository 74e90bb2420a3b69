import NIOHTTP1

/// A quota of a client's that is used up, as the fields `RateLimit-Policy` and `RateLimit` tell it
/// (draft-ietf-httpapi-ratelimit-headers-10).
public struct Quota: Equatable, Sendable {
    /// What it counts.
    private enum Unit: Equatable {
        /// So many in a window of so many seconds.
        case requests(window: Int)
        case bytes(window: Int)
        /// So many at a time.
        case concurrent
    }

    /// Letters, digits, `-` and `_`.
    private let name: String
    private let most: Int
    private let unit: Unit

    /// - Parameter window: In seconds.
    public static func requests(_ name: String, most: Int, in window: Int) -> Quota {
        Quota(name: name, most: most, unit: .requests(window: window))
    }

    /// - Parameter window: In seconds.
    public static func bytes(_ name: String, most: Int, in window: Int) -> Quota {
        Quota(name: name, most: most, unit: .bytes(window: window))
    }

    /// So many at a time.
    public static func concurrent(_ name: String, most: Int) -> Quota {
        Quota(name: name, most: most, unit: .concurrent)
    }

    /// - Parameter seconds: When there is something left again; `nil` if that is not known.
    func fields(resetAfter seconds: Int?) -> HTTPHeaders {
        let policy =
            switch self.unit {
            case .requests(let window): "w=\(window)"
            case .bytes(let window): "w=\(window);qu=\"content-bytes\""
            case .concurrent: "qu=\"concurrent-requests\""
            }
        let reset = seconds.map { ";t=\($0)" } ?? ""
        return [
            "RateLimit-Policy": "\"\(self.name)\";q=\(self.most);\(policy)",
            "RateLimit": "\"\(self.name)\";r=0\(reset)",
        ]
    }
}
