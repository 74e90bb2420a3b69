/// The media types of files, by the endings of their names (RFC 9110, section 8.3.1).
enum MediaType {
    /// What browsers then only offer to save.
    static let unknown = "application/octet-stream"

    static func of(fileNamed name: String) -> String {
        guard let dot = name.lastIndex(of: ".") else { return Self.unknown }
        let type = Self.byEnding[name[name.index(after: dot)...].lowercased()] ?? Self.unknown
        return type.hasPrefix("text/") ? "\(type); charset=utf-8" : type
    }

    private static let byEnding: [String: String] = [
        "html": "text/html", "htm": "text/html", "css": "text/css", "js": "text/javascript", "mjs": "text/javascript",
        "txt": "text/plain", "md": "text/markdown", "csv": "text/csv", "vtt": "text/vtt",
        // TypeScript, `.d.ts` above all: has no media type of its own.
        "ts": "text/plain", "mts": "text/plain", "cts": "text/plain",
        "json": "application/json", "map": "application/json", "webmanifest": "application/manifest+json",
        "xml": "application/xml", "xhtml": "application/xhtml+xml", "pdf": "application/pdf",
        "wasm": "application/wasm", "zip": "application/zip", "gz": "application/gzip",
        "svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif",
        "webp": "image/webp", "avif": "image/avif", "ico": "image/vnd.microsoft.icon",
        "woff2": "font/woff2", "woff": "font/woff", "ttf": "font/ttf", "otf": "font/otf",
        "mp3": "audio/mpeg", "ogg": "audio/ogg", "wav": "audio/wav", "mp4": "video/mp4", "webm": "video/webm",
    ]
}
