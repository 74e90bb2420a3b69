import Testing

@testable import HTTPServing

@Suite struct MediaTypeTests {
    @Test(arguments: [
        ("index.html", "text/html; charset=utf-8"), ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"), ("a.mjs", "text/javascript; charset=utf-8"),
        ("a.min.js", "text/javascript; charset=utf-8"), ("a.js.map", "application/json"),
        ("a.d.ts", "text/plain; charset=utf-8"), ("a.txt", "text/plain; charset=utf-8"),
        ("README.md", "text/markdown; charset=utf-8"), ("a.json", "application/json"), ("a.xml", "application/xml"),
        ("app.webmanifest", "application/manifest+json"), ("a.wasm", "application/wasm"), ("a.pdf", "application/pdf"),
        ("a.svg", "image/svg+xml"), ("a.png", "image/png"), ("a.jpg", "image/jpeg"), ("a.gif", "image/gif"),
        ("a.webp", "image/webp"), ("favicon.ico", "image/vnd.microsoft.icon"), ("a.woff2", "font/woff2"),
    ])
    func `A file's type is told by the ending of its name`(_ name: String, _ type: String) {
        #expect(MediaType.of(fileNamed: name) == type)
    }

    @Test func `Upper and lower case make no difference`() {
        #expect(MediaType.of(fileNamed: "PHOTO.JPG") == "image/jpeg")
    }

    @Test(arguments: ["", ".", "html", "Makefile", "a.", "a.unknown", "a.html.bak", "a.html/b"])
    func `A name that tells nothing is a file to be saved`(_ name: String) {
        #expect(MediaType.of(fileNamed: name) == "application/octet-stream")
    }
}
