import NIOCore
import NIOHTTP1

extension StaticFiles {
    enum Answer: Sendable {
        case whole(Response)
        /// A head, and the part of the file that follows it.
        case stream(Response, OpenFile, Range<Int>, FileShare)
    }

    /// The most bytes of a file that are read and handed over at once.
    static let wholeSize = 1 << 20

    static let unavailable = Problem.unavailable("the file cannot be read at the moment", retryAfter: 1).response

    /// Finds the file and what of it to answer with; blocks.
    func answer(to request: Request) -> Answer {
        guard let path = FilePath(request.path) else { return .whole(self.notFound(request)) }
        let name = path.isFolder ? "index.html" : path.names.last ?? ""
        switch self.folder.entry(at: path.isFolder ? path.relative + "/" + name : path.relative) {
        case .file(let file): return self.answer(to: request, with: file, MediaType.of(fileNamed: name))
        case .folder where !path.isFolder: return .whole(Self.redirect(to: path.asFolder, request.query))
        case .folder, .missing: return .whole(self.notFound(request))
        case .unavailable: return .whole(Self.unavailable)
        }
    }

    private func answer(to request: Request, with file: OpenFile, _ mediaType: String) -> Answer {
        var head = Response(.ok, headers: Self.headers(of: file))
        switch Precondition(request.headers, file.validators) {
        case .failed: return .whole(Self.preconditionFailed)
        case .notModified:
            head.status = .notModified
            return .whole(head)
        case .met: break
        }
        head.headers.add(name: "Content-Type", value: mediaType)
        guard request.method != .HEAD else { return .whole(Self.withLength(file.size, head)) }
        switch Self.range(request, file) {
        case .whole: return self.content(0..<file.size, of: file, head)
        case .part(let range):
            head.status = .partialContent
            let field = "bytes \(range.lowerBound)-\(range.upperBound - 1)/\(file.size)"
            head.headers.add(name: "Content-Range", value: field)
            return self.content(range, of: file, head)
        case .unsatisfiable: return .whole(Self.rangeNotSatisfiable(file.size))
        }
    }

    private static func headers(of file: OpenFile) -> HTTPHeaders {
        [
            "Accept-Ranges": "bytes",
            "Cache-Control": "no-cache",
            "ETag": file.validators.entityTag.description,
            "Last-Modified": HTTPDate.text(file.validators.lastModified),
            "X-Content-Type-Options": "nosniff",
        ]
    }

    private static func range(_ request: Request, _ file: OpenFile) -> ByteRange {
        let fields = request.headers["Range"]
        guard fields.count == 1, Precondition.allowsRange(request.headers, file.validators) else { return .whole }
        return ByteRange(fields[0], of: file.size)
    }

    private func content(_ range: Range<Int>, of file: OpenFile, _ head: Response) -> Answer {
        if range.count > Self.wholeSize {
            guard let share = self.shares.take() else { return .whole(Self.unavailable) }
            return .stream(Self.withLength(range.count, head), file, range, share)
        }
        var response = head
        response.body = file.read(range)
        return .whole(response.body == nil ? Self.unavailable : response)
    }

    private static func withLength(_ length: Int, _ head: Response) -> Response {
        var head = head
        head.headers.add(name: "Content-Length", value: String(length))
        return head
    }
}

// MARK: What is not a file's content

extension StaticFiles {
    /// The folder's `404.html`, if it is one and not too long, or a page of our own, for whoever reads HTML.
    private func notFound(_ request: Request) -> Response {
        guard request.preferred(of: ["text/html"]) != nil else {
            return Problem.notFound("there is nothing at \(request.pathText)").response
        }
        var page: ByteBuffer?
        if case .file(let file) = self.folder.entry(at: "404.html"), file.size <= Self.wholeSize {
            page = file.read(0..<file.size)
        }
        let headers: HTTPHeaders = [
            "Content-Type": "text/html; charset=utf-8",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        ]
        return Response(.notFound, headers: headers, body: page ?? Self.notFoundPage)
    }

    private static let notFoundPage = ByteBuffer(
        string: """
            <!doctype html><html lang="en"><meta charset="utf-8"><title>Not found</title>
            <h1>Not found</h1><p>There is nothing at this address.</p></html>

            """)

    private static func redirect(to path: String, _ query: [UInt8]) -> Response {
        let isClean = !query.isEmpty && query.allSatisfy { (0x21...0x7E).contains($0) }
        let location = isClean ? "\(path)?\(String(decoding: query, as: UTF8.self))" : path
        return Response(
            .movedPermanently, headers: ["Location": location, "Cache-Control": "no-cache"], body: ByteBuffer())
    }

    private static let preconditionFailed = Problem(
        .preconditionFailed, "Precondition failed", detail: "the file is not in the state that the request wants"
    ).response

    private static func rangeNotSatisfiable(_ size: Int) -> Response {
        let detail = "the file has \(size) bytes, and the range none of them"
        var response = Problem(.rangeNotSatisfiable, "Range not satisfiable", detail: detail).response
        response.headers.add(name: "Content-Range", value: "bytes */\(size)")
        return response
    }
}
