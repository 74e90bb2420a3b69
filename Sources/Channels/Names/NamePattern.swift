/// A pattern for channel names: `*` stands for any number of bytes, all else for itself.
public struct NamePattern: Hashable, Sendable {
    private let bytes: [UInt8]

    public init(_ text: String) {
        self.init(Array(text.utf8))
    }

    public init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// How many bytes of the pattern stand for themselves: the more, the closer it describes a name.
    var literalCount: Int { self.bytes.count { $0 != UInt8(ascii: "*") } }

    /// Whether the whole name fits. Takes at most name length times pattern length steps.
    public func matches(_ name: ChannelName) -> Bool {
        let name = name.bytes
        var (inName, inPattern) = (0, 0)
        var retry: (inName: Int, inPattern: Int)?
        while inName < name.count {
            if inPattern < self.bytes.count, self.bytes[inPattern] == UInt8(ascii: "*") {
                inPattern += 1
                retry = (inName, inPattern)
            } else if inPattern < self.bytes.count, self.bytes[inPattern] == name[inName] {
                inName += 1
                inPattern += 1
            } else if let last = retry {
                // The last `*` takes one byte more.
                retry = (last.inName + 1, last.inPattern)
                (inName, inPattern) = (last.inName + 1, last.inPattern)
            } else {
                return false
            }
        }
        return self.bytes[inPattern...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
