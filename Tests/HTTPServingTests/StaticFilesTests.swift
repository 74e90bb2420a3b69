import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// What is answered, without an event loop.
@Suite(.timeLimit(.minutes(1))) struct StaticFilesTests {
    private let site: Site

    init() throws {
        self.site = try Site()
    }

    @Test(arguments: [
        ("/a.txt", "text/plain", "0123456789"), ("/a.txt?v=1", "text/plain", "0123456789"),
        ("/%61.txt", "text/plain", "0123456789"), ("/empty.txt", "text/plain", ""),
        ("/", "text/html", "<title>front</title>"), ("/below/", "text/html", "<title>below</title>"),
        ("/below/index.html", "text/html", "<title>below</title>"), ("/no%20index/a.txt", "text/plain", "x"),
    ])
    func `A file is answered with its type and content`(_ target: String, _ type: String, _ content: String) throws {
        let response = try site.answer(target)
        #expect(response.status == .ok)
        #expect(response.header("Content-Type") == "\(type); charset=utf-8")
        #expect(response.body.map { String(buffer: $0) } == content)
    }

    @Test func `The type goes by the name that was asked for, not by a link's target`() throws {
        try self.site.temporary.link("a.css", to: "a.txt")
        #expect(try site.answer("/a.css").header("Content-Type") == "text/css; charset=utf-8")
    }

    @Test func `An answer says how to keep it and how to ask again`() throws {
        let response = try site.answer("/a.txt")
        #expect(response.header("Cache-Control") == "no-cache")
        #expect(response.header("X-Content-Type-Options") == "nosniff")
        #expect(response.header("Accept-Ranges") == "bytes")
        #expect(response.header("ETag")?.first == "\"")
        #expect(HTTPDate.second(response.header("Last-Modified") ?? "") != nil)
        #expect(response.header("Content-Length") == nil, "the connection writes it, by the body")
    }

    @Test(arguments: ["/a.txt", "/", "/empty.txt"])
    func `HEAD is answered as GET, with the length in place of the content`(_ target: String) throws {
        let get = try site.answer(target)
        let head = try site.answer(target, method: .HEAD)
        #expect(head.status == .ok)
        #expect(head.body == nil)
        let length = try #require(get.body?.readableBytes)
        var expected = get.headers
        expected.add(name: "Content-Length", value: "\(length)")
        #expect(head.headers == expected)
    }

    // MARK: Folders

    @Test(arguments: [
        ("/below", "/below/"), ("/below?a=b&c", "/below/?a=b&c"), ("/no%20index", "/no%20index/"),
        ("/b%65low", "/below/"), ("/below?a\r\nSet-Cookie:b", "/below/"), ("/below?", "/below/"),

    ])
    func `A folder's path is sent on to the one with a slash`(_ target: String, _ location: String) throws {
        let response = try site.answer(target)
        #expect(response.status == .movedPermanently)
        #expect(response.headers["Location"] == [location])
        #expect(response.body?.readableBytes == 0, "its length must be known")
    }

    @Test(arguments: ["/no%20index/", "/a.txt/", "/index.html/", "/gone/"])
    func `A folder without an index is missing, and a file is no folder`(_ target: String) throws {
        #expect(try site.answer(target).status == .notFound)
    }

    @Test func `An index that is a folder is missing`() throws {
        try self.site.temporary.write("x", to: "odd/index.html/a.txt")
        #expect(try site.answer("/odd/").status == .notFound)
    }

    // MARK: What is missing

    @Test func `For programs a missing file is a problem`() throws {
        let response = try site.answer("/gone.txt", ["Accept": "*/*"])
        #expect(response.status == .notFound)
        #expect(response.header("Content-Type") == "application/problem+json")
    }

    @Test func `For browsers a missing file is a page`() throws {
        let response = try site.answer("/gone%3Cb%3E", ["Accept": "text/html,*/*;q=0.8"])
        #expect(response.status == .notFound)
        #expect(response.header("Content-Type") == "text/html; charset=utf-8")
        #expect(response.header("Cache-Control") == "no-store")
        #expect(response.text.contains("<h1>Not found</h1>"))
        #expect(!response.text.contains("gone"), "nothing of what was asked for is in it")
    }

    @Test func `The page of a missing file is the folder's own`() throws {
        try self.site.temporary.write("<h1>Lost?</h1>", to: "404.html")
        let response = try site.answer("/gone/further", ["Accept": "text/html"])
        #expect(response.status == .notFound)
        #expect(response.text == "<h1>Lost?</h1>")
        #expect(response.header("ETag") == nil)
        #expect(try site.answer("/404.html").status == .ok)
    }

    @Test func `The folder's own page is held to the same rules`() throws {
        try self.site.temporary.link("404.html", to: "../secret.txt")
        #expect(try site.answer("/gone", ["Accept": "text/html"]).text.contains("<h1>Not found</h1>"))
    }

    @Test func `The folder's own page must not be too long`() throws {
        try self.site.temporary.write(pattern(1 << 20 + 1), to: "404.html")
        #expect(try site.answer("/gone", ["Accept": "text/html"]).text.contains("<h1>Not found</h1>"))
    }

    @Test func `Conditions do not count for what is missing`() throws {
        #expect(try site.answer("/gone", ["If-Match": #""x""#, "If-None-Match": "*"]).status == .notFound)
    }

    @Test(
        arguments: FilePathTests.hostile + [
            "/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt", "/below/../../secret.txt",
        ])
    func `No path leads out of the folder`(_ path: String) throws {
        let response = try site.answer(path)
        #expect(response.status == .notFound)
        #expect(response.text != "secret")
    }

    @Test func `There are no files without a folder`() {
        #expect(StaticFiles(folder: self.site.temporary.path(of: "gone")) == nil)
    }
}
