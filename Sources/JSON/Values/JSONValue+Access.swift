extension JSONValue {
    /// The value of the first member with this name, compared by bytes; `nil` if there is none, or this is no object.
    public subscript(name: String) -> JSONValue? {
        members?.first { $0.name.utf8.elementsEqual(name.utf8) }?.value
    }

    /// The members of an object; `nil` for any other value.
    public var members: [Member]? {
        if case .object(let members) = self { members } else { nil }
    }

    /// The elements of an array; `nil` for any other value.
    public var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }

    /// The text of a string; `nil` for any other value.
    public var stringValue: String? {
        if case .string(let text) = self { text } else { nil }
    }

    /// An integer; `nil` for any other value, also for reals without a fraction.
    public var integerValue: Int64? {
        if case .integer(let number) = self { number } else { nil }
    }

    /// A number as a real; integers beyond 2⁵³ are rounded. `nil` for any other value.
    public var realValue: Double? {
        switch self {
        case .integer(let number): Double(number)
        case .real(let number): number
        case .null, .bool, .string, .array, .object: nil
        }
    }

    /// A truth value; `nil` for any other value.
    public var boolValue: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// Whether this is `null`.
    public var isNull: Bool {
        self == .null
    }
}
