import Channels
import HTTPServing
import JSON
import NIOCore
import NIOHTTP1

/// What a POST to a channel asks for.
struct PublishRequest {
    let publication: Publication
    /// Whether it is a batch, which is answered with a list of ids.
    let isBatch: Bool

    /// Reads the request.
    ///
    /// - Throws: ``Problem`` 400, 413, 415 or 422, which names what is wrong.
    init(_ request: Request, channel: ChannelName, limits: TransportConfiguration) throws(Problem) {
        let key = try Self.key(request)
        try request.requireNoEncoding()
        let body = Array(request.body.readableBytesView)
        let contentType = request.contentType
        self.isBatch = contentType?.mediaType == "application/x-ndjson"
        let drafts: [Draft]
        if self.isBatch {
            try Self.requireUTF8(contentType)
            drafts = try Self.batch(body, limits)
        } else {
            drafts = [try Self.single(body, contentType, request)]
        }
        for draft in drafts where draft.data.count + draft.type.count > limits.eventSize {
            throw .contentTooLarge("an event's type and data", .init("limits.eventSize", most: limits.eventSize))
        }
        self.publication = Publication(channel: channel, drafts: drafts, key: key)
    }

    private static func key(_ request: Request) throws(Problem) -> IdempotencyKey? {
        let fields = request.idempotencyKeys
        guard let text = fields.first else { return nil }
        guard fields.count == 1, let key = IdempotencyKey(text) else {
            throw .unprocessable(
                "Idempotency-Key: must be one field of 1 to \(IdempotencyKey.maximumLength) printable ASCII characters")
        }
        return key
    }

    private static func single(
        _ body: [UInt8], _ contentType: ContentType?, _ request: Request
    ) throws(Problem) -> Draft {
        switch contentType?.mediaType {
        case "application/json":
            try Self.requireUTF8(contentType)
            return try Self.draft(type: Self.queryType(request), data: Self.compact(body))
        case "text/plain":
            try Self.requireUTF8(contentType)
            return try Self.draft(type: Self.queryType(request), data: body)
        case nil:
            guard !body.isEmpty else {
                throw .unprocessable("a request with neither Content-Type nor content publishes nothing")
            }
            return try Self.draft(type: Self.queryType(request), data: body)
        case "application/x-www-form-urlencoded":
            try Self.requireUTF8(contentType)
            return try Self.form(body, request)
        case .some(let other):
            throw Problem(
                .unsupportedMediaType, "Unsupported media type",
                detail: "Content-Type: \(other) cannot be published; use application/json, text/plain, "
                    + "application/x-www-form-urlencoded or, for a batch, application/x-ndjson")
        }
    }

    private static func requireUTF8(_ contentType: ContentType?) throws(Problem) {
        guard let charset = contentType?.charset, !["utf-8", "utf8", "us-ascii"].contains(charset) else { return }
        throw Problem(
            .unsupportedMediaType, "Unsupported media type",
            detail: "charset=\(charset): text must be UTF-8")
    }

    private static func queryType(_ request: Request) throws(Problem) -> [UInt8] {
        request.query.isEmpty ? [] : try Parameters(request.query).bytes(.event) ?? []
    }

    private static func form(_ body: [UInt8], _ request: Request) throws(Problem) -> Draft {
        let data = try Self.values(of: .data, in: body)
        guard data.count == 1 else {
            throw .unprocessable("data: a form must have exactly one such field, not \(data.count)")
        }
        let types = try Self.values(of: .event, in: body)
        guard types.count <= 1 else {
            throw .unprocessable("event: a form may have one such field, not \(types.count)")
        }
        let type = if let type = types.first { type } else { try Self.queryType(request) }
        return try Self.draft(type: type, data: data[0])
    }

    /// What a form has under a name; names are compared as those of parameters.
    private static func values(of name: Parameters.Name, in form: [UInt8]) throws(Problem) -> [[UInt8]] {
        var values: [[UInt8]] = []
        for field in FormFields(form).fields where Parameters.Name(written: field.name) == name {
            guard let value = PercentEncoding.decode(field.value, plusIsBlank: true) else {
                throw .unprocessable("\(field.nameText): the form cannot be decoded: \(MalformedEncoding())")
            }
            values.append(value)
        }
        return values
    }

    private static func draft(type: [UInt8], data: [UInt8], line: Int? = nil) throws(Problem) -> Draft {
        do throws(InvalidDraft) { return try Draft(type: type, data: data) } catch {
            throw .unprocessable(line.map { "line \($0): \(error)" } ?? "\(error)")
        }
    }

    private static func compact(_ body: [UInt8], line: Int? = nil) throws(Problem) -> [UInt8] {
        do throws(JSONError) { return try JSON.compact(body) } catch {
            if error.kind == .notUTF8 { throw .unprocessable("the content is not UTF-8: \(error)") }
            throw .badRequest(
                "not JSON: " + (line.map { "line \($0), column \(error.column): \(error.message)" } ?? "\(error)"))
        }
    }

    // MARK: Batches

    private static func batch(
        _ body: [UInt8], _ limits: TransportConfiguration
    ) throws(Problem) -> [Draft] {
        guard body.count <= limits.batchSize else {
            throw .contentTooLarge("a batch", .init("limits.batchSize", most: limits.batchSize))
        }
        var drafts: [Draft] = []
        for (index, line) in body.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { continue }
            drafts.append(try Self.draft(ofLine: Array(line), number: index + 1))
        }
        guard !drafts.isEmpty else { throw .unprocessable("a batch must have at least one line") }
        return drafts
    }

    private static func draft(ofLine line: [UInt8], number: Int) throws(Problem) -> Draft {
        let object = try Self.compact(line, line: number)
        guard let members = JSON.members(ofCompactObject: object) else {
            throw .unprocessable("line \(number): must be an object with the members data and, if wanted, event")
        }
        var (type, data): ([UInt8], [UInt8]?) = ([], nil)
        for (name, range) in members {
            switch name {
            case "data": data = Array(object[range])
            case "event": type = try Self.type(ofLine: Array(object[range]), number: number)
            default: throw .unprocessable("line \(number): the member \(name) is not known; there are data and event")
            }
        }
        guard let data else { throw .unprocessable("line \(number): the member data is missing") }
        return try Self.draft(type: type, data: data, line: number)
    }

    private static func type(ofLine value: [UInt8], number: Int) throws(Problem) -> [UInt8] {
        guard let parsed = try? JSONValue(parsing: value), let text = parsed.stringValue else {
            throw .unprocessable("line \(number): event must be a string")
        }
        return Array(text.utf8)
    }
}
