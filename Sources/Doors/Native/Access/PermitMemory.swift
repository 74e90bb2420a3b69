import Access
import Channels
import HTTPServing

/// What a connection has shown last and was let do for it, so that the same once more is a comparison. Owner: the connection's event loop.
final class PermitMemory {
    /// What the permit is for.
    private enum Shown {
        case nothing
        case text([UInt8])
        case certificate
    }

    let permit: Permit
    private let gate: Gate
    /// When that was, by what was taken back until then.
    private let generation: Int
    private let shown: Shown
    /// The channels that were read and written last.
    private var read: [ChannelName] = []
    private var published: [ChannelName] = []

    /// - Parameter generation: What was taken back when the permit was given.
    init(_ permit: Permit, for shown: ShownCredential, by gate: Gate, _ generation: Int) {
        self.permit = permit
        self.gate = gate
        self.generation = generation
        self.shown =
            switch shown {
            case .nothing, .withheld: .nothing
            case .text(let text): .text(Array(text))
            case .certificate: .certificate
            }
    }

    /// Whether the permit is for this, and good.
    func isGood(for shown: ShownCredential, by gate: Gate) -> Bool {
        guard gate === self.gate, gate.revocations.generation == self.generation else { return false }
        guard !self.permit.principal.isKeyRetired else { return false }
        if let end = self.permit.end, WallClock.system.milliseconds() >= end { return false }
        return switch (self.shown, shown) {
        case (.nothing, .nothing), (.nothing, .withheld), (.certificate, .certificate): true
        case (.text(let one), .text(let other)): one[...].isSame(as: other)
        case (.nothing, _), (.text, _), (.certificate, _): false
        }
    }

    /// Whether that was allowed last.
    func allows(_ action: Action, _ channels: [ChannelName]) -> Bool {
        switch action {
        case .read: self.read == channels
        case .publish: self.published == channels
        case .drop, .admin: false
        }
    }

    /// That was allowed.
    func note(_ action: Action, _ channels: [ChannelName]) {
        switch action {
        case .read: self.read = channels
        case .publish: self.published = channels
        case .drop, .admin: break
        }
    }
}

@available(*, unavailable)
extension PermitMemory: Sendable {}
