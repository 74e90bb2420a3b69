/// Placeholder until the real one.
public struct StaticFiles: Sendable {
    public init?(folder: String) { nil }
    public func respond(to request: Request, on exchange: any Exchange) {}
}
