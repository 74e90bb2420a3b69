import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import HTTPServing

/// How much of a file is answered.
@Suite(.timeLimit(.minutes(1))) struct StaticFilesPartTests {
    private let site: Site

    init() throws {
        self.site = try Site()
    }

    // MARK: Conditions

    @Test func `A client that has the file is told so`() throws {
        let first = try site.answer("/a.txt")
        let tag = try #require(first.header("ETag"))
        let date = try #require(first.header("Last-Modified"))
        for method in [HTTPMethod.GET, .HEAD] {
            for condition: HTTPHeaders in [["If-None-Match": tag], ["If-Modified-Since": date]] {
                let response = try site.answer("/a.txt", condition, method: method)
                #expect(response.status == .notModified)
                #expect(response.body == nil)
                #expect(response.header("ETag") == tag)
                #expect(response.header("Cache-Control") == "no-cache")
                #expect(!response.headers.contains(name: "Content-Type"))
                #expect(!response.headers.contains(name: "Content-Length"))
            }
        }
    }

    @Test func `A client that has an older state gets the file`() throws {
        #expect(try site.answer("/a.txt", ["If-None-Match": #""older""#]).text == "0123456789")
    }

    @Test func `A client that wants another state is refused`() throws {
        let response = try site.answer("/a.txt", ["If-Match": #""older""#])
        #expect(response.status == .preconditionFailed)
        #expect(response.header("Content-Type") == "application/problem+json")
    }

    // MARK: Ranges

    @Test(arguments: [
        ("bytes=2-4", "bytes 2-4/10", "234"), ("bytes=7-", "bytes 7-9/10", "789"), ("bytes=-1", "bytes 9-9/10", "9"),
        ("bytes=0-99", "bytes 0-9/10", "0123456789"),
    ])
    func `A part is answered with where it stands`(_ range: String, _ contentRange: String, _ content: String) throws {
        let response = try site.answer("/a.txt", ["Range": range])
        #expect(response.status == .partialContent)
        #expect(response.headers["Content-Range"] == [contentRange])
        #expect(response.text == content)
        #expect(try response.header("ETag") == site.answer("/a.txt").header("ETag"))
        #expect(response.header("Content-Type") == "text/plain; charset=utf-8")
    }

    @Test(arguments: [("/a.txt", "bytes=10-", "bytes */10"), ("/empty.txt", "bytes=0-", "bytes */0")])
    func `A part that is not there is refused, with the length`(
        _ path: String, _ range: String, _ field: String
    ) throws {
        let response = try site.answer(path, ["Range": range])
        #expect(response.status == .rangeNotSatisfiable)
        #expect(response.headers["Content-Range"] == [field])
        #expect(response.header("Content-Type") == "application/problem+json")
    }

    @Test(arguments: [
        HTTPHeaders([("Range", "bytes=0-1,3-4")]), HTTPHeaders([("Range", "bytes=0-1"), ("Range", "bytes=3-4")]),
        ["Range": "lines=1-2"], ["Range": "bytes=2-4", "If-Range": #""older""#],
        ["Range": "bytes=10-", "If-Range": #""older""#],
    ])
    func `Where a range does not count there is the whole file`(_ headers: HTTPHeaders) throws {
        let response = try site.answer("/a.txt", headers)
        #expect(response.status == .ok)
        #expect(response.text == "0123456789")
        #expect(!response.headers.contains(name: "Content-Range"))
    }

    @Test func `A client goes on with the state that it has a part of`() throws {
        for name in ["ETag", "Last-Modified"] {
            let validator = try #require(try site.answer("/a.txt").header(name))
            #expect(try site.answer("/a.txt", ["Range": "bytes=5-", "If-Range": validator]).text == "56789")
        }
    }

    @Test func `A condition is looked at before a range`() throws {
        let tag = try #require(try site.answer("/a.txt").header("ETag"))
        #expect(try site.answer("/a.txt", ["Range": "bytes=10-", "If-None-Match": tag]).status == .notModified)
        #expect(try site.answer("/a.txt", ["Range": "bytes=1-2", "If-Match": #""x""#]).status == .preconditionFailed)
    }

    @Test(arguments: ["bytes=2-4", "bytes=10-"])
    func `For HEAD a range does not count`(_ range: String) throws {
        let response = try site.answer("/a.txt", ["Range": range], method: .HEAD)
        #expect(response.status == .ok)
        #expect(response.header("Content-Length") == "10")
    }

    // MARK: Length

    @Test(arguments: [(1 << 20, true), (1 << 20 + 1, false)])
    func `A file of more than 1 MiB is not held whole`(_ size: Int, _ isWhole: Bool) throws {
        try self.site.temporary.write(pattern(size), to: "long.bin")
        switch self.site.files.answer(to: .get("/long.bin")) {
        case .whole(let response):
            #expect(isWhole)
            #expect(response.body?.readableBytes == size)
        case .stream(let head, _, let range, _):
            #expect(!isWhole)
            #expect(head.status == .ok)
            #expect(head.headers["Content-Length"] == ["\(size)"])
            #expect(range == 0..<size)
        }
    }

    @Test func `A short part of a long file is answered whole`() throws {
        let content = pattern(3_000_000)
        try self.site.temporary.write(content, to: "long.bin")
        let response = try site.answer("/long.bin", ["Range": "bytes=2000000-2000999"])
        #expect(response.status == .partialContent)
        #expect(response.body.map { Array($0.readableBytesView) } == Array(content[2_000_000..<2_001_000]))
    }

    @Test func `HEAD of a long file reads nothing of it`() throws {
        try self.site.temporary.write(pattern(3_000_000), to: "long.bin")
        let response = try site.answer("/long.bin", method: .HEAD)
        #expect(response.headers["Content-Length"] == ["3000000"])
        #expect(response.body == nil)
    }
}
