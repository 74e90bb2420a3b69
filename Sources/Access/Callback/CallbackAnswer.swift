import JSON
import Outbound

/// What the application has said. What is no clear yes is none.
public enum CallbackAnswer: Equatable, Sendable {
    /// It may be done: what its grants cover, where it gives some, and until its end, where it names one (milliseconds since 1970).
    case yes(Grants?, end: Int64?)
    /// It does not know who asks: 401, or a redirect, which is for people.
    case unauthenticated
    case forbidden
    /// Nobody knows, and why.
    case unknown(String)

    init(_ result: Result<OutboundResponse, OutboundError>) {
        switch result {
        case .failure(let error): self = .unknown("\(error)")
        case .success(let response):
            switch response.status {
            case 200...299: self = Self.yes(response.content)
            case 300...399, 401: self = .unauthenticated
            case 403: self = .forbidden
            default: self = .unknown("the answer has the status \(response.status)")
            }
        }
    }

    /// - Parameter content: Nothing, or an object with `grants`, `end` (seconds since 1970), both or neither.
    private static func yes(_ content: [UInt8]) -> CallbackAnswer {
        guard content.contains(where: { $0 > 0x20 }) else { return .yes(nil, end: nil) }
        // A page of an application that answers in words says yes by its status; something that begins as an object is meant to be read.
        guard content.first(where: { $0 > 0x20 }) == UInt8(ascii: "{") else { return .yes(nil, end: nil) }
        do {
            let object = try JSONValue(parsing: content, maximumDepth: 16)
            let grants = try object["grants"].map { try Grants($0, isStrict: true) }
            guard let end = object["end"], !end.isNull else { return .yes(grants, end: nil) }
            guard let seconds = end.integerValue, (0...9_000_000_000_000).contains(seconds) else {
                return .unknown("end must be whole seconds since 1970")
            }
            return .yes(grants, end: seconds * 1_000)
        } catch {
            return .unknown("the answer cannot be read: \(error)")
        }
    }

    /// Whether it may be given again: what nobody knows is asked anew.
    var isKnown: Bool { if case .unknown = self { false } else { true } }
}
