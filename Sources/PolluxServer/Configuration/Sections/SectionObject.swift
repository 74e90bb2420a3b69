import JSON

/// An object in one of the file's sections, whose members have fixed names.
struct SectionObject {
    private let place: Place
    private let path: String
    private let members: [JSONValue.Member]

    /// Takes a value that should be an object with no other members than these; `nil` if it is none.
    init?(_ value: JSONValue, at path: String, names: [String], in place: Place, _ findings: inout Findings) {
        guard let members = value.members else {
            findings.misfit(place, path, value, mustBe: "an object with \(names.joined(separator: ", "))")
            return nil
        }
        self.place = place
        self.path = path
        self.members = members.filter { !$0.isComment }
        for member in self.members where !names.contains(member.name) {
            findings.unknown(place, member.name, in: path + ".", among: names)
        }
    }

    /// A member as it stands there; `nil` if it does not.
    func member(_ name: String) -> JSONValue? { self.members.first { $0.name == name }?.value }

    /// The value of a member; `nil` if it is not there or wrong.
    func value<Value>(_ name: String, _ form: Form<Value>, _ findings: inout Findings) -> Value? {
        guard let member = self.members.first(where: { $0.name == name }) else { return nil }
        guard let value = form.read(member.value) else {
            findings.misfit(self.place, "\(self.path).\(name)", member.value, mustBe: form.expectation)
            return nil
        }
        return value
    }

    /// The value of a member that must be there; `nil` if it is not, or wrong.
    func requiredValue<Value>(_ name: String, _ form: Form<Value>, _ findings: inout Findings) -> Value? {
        guard self.members.contains(where: { $0.name == name }) else {
            findings.add(self.place, "\(self.path).\(name) is missing; it must be \(form.expectation)")
            return nil
        }
        return self.value(name, form, &findings)
    }
}
