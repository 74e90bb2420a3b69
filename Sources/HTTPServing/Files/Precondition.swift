import NIOHTTP1

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What a client may know a state of a file by (RFC 9110, section 8.8).
struct Validators: Equatable, Sendable {
    let entityTag: EntityTag
    /// Seconds since 1970.
    let lastModified: time_t
}

/// What becomes of a GET or HEAD by the conditions that it came with (RFC 9110, section 13).
enum Precondition: Equatable {
    case met
    /// The client has what it asks for: 304.
    case notModified
    /// The client wants another state than there is: 412.
    case failed

    /// In the order of section 13.2.2: a date counts only where no list of tags stands beside it.
    init(_ headers: HTTPHeaders, _ current: Validators) {
        if let matches = headers.entityTags("If-Match", match: current.entityTag.matchesStrongly) {
            guard matches else { self = .failed; return }
        } else if let date = headers.date("If-Unmodified-Since") {
            guard current.lastModified <= date else { self = .failed; return }
        }
        if let matches = headers.entityTags("If-None-Match", match: current.entityTag.matchesWeakly) {
            self = matches ? .notModified : .met
        } else if let date = headers.date("If-Modified-Since") {
            self = current.lastModified <= date ? .notModified : .met
        } else {
            self = .met
        }
    }

    /// Whether `Range` counts: by `If-Range` it does only while the client has a part of this very state (section
    /// 13.1.5).
    static func allowsRange(_ headers: HTTPHeaders, _ current: Validators) -> Bool {
        guard let condition = headers.first(name: "If-Range") else { return true }
        if let tag = EntityTag.list(condition).first { return current.entityTag.matchesStrongly(tag) }
        return HTTPDate.second(condition) == current.lastModified
    }
}

extension HTTPHeaders {
    /// Whether one of the field's tags, or its `*`, matches; `nil` if the field is not there.
    fileprivate func entityTags(_ name: String, match: (EntityTag) -> Bool) -> Bool? {
        guard self.contains(name: name) else { return nil }
        let field = self[name].joined(separator: ",").trimmed
        return field == "*" || EntityTag.list(field).contains(where: match)
    }

    /// `nil` if the field is not there once, or is no date: then it does not count.
    fileprivate func date(_ name: String) -> time_t? {
        let values = self[name]
        return values.count == 1 ? HTTPDate.second(values[0]) : nil
    }
}
