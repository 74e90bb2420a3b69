internal import CJansson

extension JanssonValue {
    /// Copies a value. The reference is borrowed, as are all that jansson gives for the parts of a value.
    static func value(of json: Reference) -> JSONValue {
        switch json.pointee.type {
        case JSON_OBJECT: .object(members(of: json))
        case JSON_ARRAY: .array(elements(of: json))
        case JSON_STRING: .string(text(json_string_value(json), count: json_string_length(json)))
        case JSON_INTEGER: .integer(Int64(json_integer_value(json)))
        case JSON_REAL: .real(json_real_value(json))
        case JSON_TRUE: .bool(true)
        case JSON_FALSE: .bool(false)
        default: .null  // JSON_NULL, the last of the eight types.
        }
    }

    private static func elements(of array: Reference) -> [JSONValue] {
        (0..<json_array_size(array)).compactMap { index in
            json_array_get(array, index).map(value(of:))  // Borrowed; NULL only beyond the end.
        }
    }

    private static func members(of object: Reference) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        members.reserveCapacity(json_object_size(object))
        var iterator = json_object_iter(object)  // In the order of insertion; NULL at the end.
        while let position = iterator {
            let name = text(json_object_iter_key(position), count: json_object_iter_key_len(position))
            if let json = json_object_iter_value(position) {  // Borrowed; NULL only for an iterator of NULL.
                members.append(JSONValue.Member(name, value(of: json)))
            }
            iterator = json_object_iter_next(object, position)
        }
        return members
    }

    /// Copies text that belongs to jansson, which holds only UTF-8.
    private static func text(_ characters: UnsafePointer<CChar>?, count: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: characters, count: count), as: UTF8.self)
    }
}
