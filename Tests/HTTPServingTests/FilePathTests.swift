import Testing

@testable import HTTPServing

@Suite struct FilePathTests {
    @Test(arguments: [
        ("/", [], true), ("/a", ["a"], false), ("/a/", ["a"], true), ("/a/b.html", ["a", "b.html"], false),
        ("/a%20b", ["a b"], false), ("/a+b", ["a+b"], false), ("/%41", ["A"], false), ("/%C3%A4", ["ä"], false),
        ("/ä", ["ä"], false), ("/100%25", ["100%"], false), ("/a..b", ["a..b"], false), ("/a.", ["a."], false),
        ("/%252e%252e", ["%2e%2e"], false), ("/a:b;c", ["a:b;c"], false), ("/%0A", ["\n"], false),
        ("/.well-known/security.txt", [".well-known", "security.txt"], false), ("/a%3Fb%23c", ["a?b#c"], false),
    ])
    func `A path is names, decoded once`(_ path: String, _ names: [String], _ isFolder: Bool) throws {
        let parsed = try #require(FilePath(Array(path.utf8)))
        #expect(parsed.names == names)
        #expect(parsed.isFolder == isFolder)
    }

    static let hostile = [
        "", "*", "a", "a/b", "//", "//a", "/a//b", "/a//", "///", "/.", "/..", "/./a", "/../a", "/a/..", "/a/../b",
        "/a/../../b", "/%2e%2e/a", "/%2E%2E/a", "/.%2e/a", "/%2e./a", "/...", "/.../a", "/.git/config", "/.env",
        "/a/.htaccess", "/%2egit", "/.well-known/.git", "/.well-knownx", "/.WELL-KNOWN", "/..%2fa", "/..%2Fa",
        "/%2e%2e%2fa", "/a%2fb", "/a%2F..%2F..%2Fb", "/%2Fetc/passwd", "/\\", "/..\\a", "/a\\..\\b", "/%5c", "/..%5ca",
        "/a%5C..%5Cb", "/%5cevil.example", "/a%00", "/a%00.html", "/%00", "/%", "/%4", "/%zz", "/a%2", "/%u002e",
        "/%C0%AE%C0%AE/a", "/%c0%af", "/%E0%80%AE", "/%FF", "/%ED%A0%80", "/%C3",
    ]

    @Test(arguments: hostile)
    func `A path that is no way to a visible file is none`(_ path: String) {
        #expect(FilePath(Array(path.utf8)) == nil)
    }

    @Test(arguments: [
        ("/", "/"), ("/a", "/a/"), ("/a/", "/a/"), ("/a/b", "/a/b/"), ("/a%20b", "/a%20b/"), ("/%41", "/A/"),
        ("/ä", "/%C3%A4/"), ("/a%0D%0ASet-Cookie:x", "/a%0D%0ASet-Cookie%3Ax/"),
        ("/100%25", "/100%25/"), ("/a.b_c-d~e", "/a.b_c-d~e/"),
        ("/%3Ca%22", "/%3Ca%22/"), ("/%01", "/%01/"),
    ])
    func `The path of a folder is encoded anew`(_ path: String, _ folder: String) throws {
        #expect(try #require(FilePath(Array(path.utf8))).asFolder == folder)
    }
}
