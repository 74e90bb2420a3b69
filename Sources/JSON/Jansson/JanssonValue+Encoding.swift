internal import CJansson

extension JanssonValue {
    /// Builds a value. The reference is new: the caller owns it.
    static func newReference(to value: JSONValue) -> Reference {
        switch value {
        case .null: created(json_null())
        case .bool(let value): created(value ? json_true() : json_false())
        case .integer(let number): created(json_integer(json_int_t(number)))
        case .real(let number): created(number.isFinite ? json_real(number) : json_null())
        case .string(let text): newString(text)
        case .array(let elements): newArray(of: elements)
        case .object(let members): newObject(of: members)
        }
    }

    /// Builds a string, which never fails for its UTF-8. The reference is new.
    static func newString(_ text: String) -> Reference {
        created(withCharacters(of: Array(text.utf8)) { json_stringn($0, $1) })
    }

    private static func newArray(of elements: [JSONValue]) -> Reference {
        let array = created(json_array())
        for element in elements {
            check(json_array_append_new(array, newReference(to: element)))  // Steals the element.
        }
        return array
    }

    private static func newObject(of members: [JSONValue.Member]) -> Reference {
        let object = created(json_object())
        for member in members {
            let value = newReference(to: member.value)
            // Copies the name and steals the value; replaces an earlier member of the name.
            check(withCharacters(of: Array(member.name.utf8)) { json_object_setn_new(object, $0, $1, value) })
        }
        return object
    }

    private static func created(_ json: Reference?) -> Reference {
        guard let json else { preconditionFailure("jansson could not create a value: out of memory") }
        return json
    }

    private static func check(_ code: CInt) {
        precondition(code == 0, "jansson could not add a value: out of memory")
    }
}
