/// What somebody else has answered: any status, complete.
public struct OutboundResponse: Equatable, Sendable {
    public let status: Int
    /// In the order in which they came, without those of interim answers and of trailers.
    public let fields: [OutboundField]
    /// As it came: nothing is decompressed.
    public let content: [UInt8]

    public init(status: Int, fields: [OutboundField] = [], content: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.content = content
    }

    /// The values of all fields of a name.
    ///
    /// - Parameter name: In lower case.
    public func values(of name: String) -> [[UInt8]] {
        self.fields.filter { $0.name.lowercased() == name }.map(\.value)
    }
}
