import Testing

@testable import TLS

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite struct DevelopmentAuthorityTests {
    private func identity(_ certificates: Certificates) throws -> TLSIdentity { try certificates.identity() }

    @Test func `The certificate is for the names and addresses that were asked for`() throws {
        let found = try identity(try Certificates(names: ["localhost", "a.test", "127.0.0.1", "::1"]))
        #expect(found.covers("localhost") && found.covers("a.test") && !found.covers("b.test"))
        #expect(found.isForAddress("127.0.0.1") && found.isForAddress("::1") && !found.isForAddress("127.0.0.2"))
    }

    @Test func `What is there and good is kept`() throws {
        let certificates = try Certificates()
        let before = try [certificates.authority.authorityFile, certificates.authority.certificateFile].map(Self.bytes)
        try certificates.authority.prepare(names: ["localhost"])
        let after = try [certificates.authority.authorityFile, certificates.authority.certificateFile].map(Self.bytes)
        #expect(before == after)
    }

    @Test func `For another name a new certificate is signed by the same authority`() throws {
        let certificates = try Certificates(names: ["localhost"])
        let authority = try Self.bytes(certificates.authority.authorityFile)
        try certificates.authority.prepare(names: ["localhost", "new.test"])
        #expect(try Self.bytes(certificates.authority.authorityFile) == authority)
        #expect(try identity(certificates).covers("new.test"))
        let client = try Peer(try certificates.client(), host: "new.test")
        let server = try Peer(try certificates.server())
        try exchange(client, server)
        #expect(client.recorder.errors.isEmpty && client.recorder.protocols == ["h2"])
    }

    @Test(arguments: ["server.pem", "server-key.pem"])
    func `A file that is gone or damaged is made anew`(name: String) throws {
        let certificates = try Certificates()
        let file = certificates.authority.certificateFile.replacing("server.pem", with: name)
        for damage in [{ _ = unlink(file) }, { _ = truncate(file, 20) }] {
            damage()
            try certificates.authority.prepare(names: ["localhost"])
            #expect(try identity(certificates).covers("localhost"))
        }
    }

    @Test func `Keys are for their owner alone`() throws {
        let certificates = try Certificates()
        for name in ["server-key.pem", "ca-key.pem"] {
            var found = stat()
            #expect(stat(certificates.authority.keyFile.replacing("server-key.pem", with: name), &found) == 0)
            #expect(found.st_mode & 0o777 == 0o600, "\(name)")
        }
    }

    @Test func `Files are replaced, and nothing is written through a link or into a FIFO`() throws {
        let certificates = try Certificates()
        let authority = certificates.authority
        let precious = authority.authorityFile + "-precious"
        #expect(rename(authority.certificateFile, precious) == 0)
        let before = try Self.bytes(precious)
        #expect(symlink(precious, authority.certificateFile) == 0)
        #expect(unlink(authority.keyFile) == 0 && mkfifo(authority.keyFile, 0o600) == 0)
        try authority.prepare(names: ["localhost", "new.test"])
        #expect(try Self.bytes(precious) == before)
        #expect(try identity(certificates).covers("new.test"))
    }

    @Test(arguments: ["server.pem", "server-key.pem"])
    func `What could not be put in its place is not left beside it`(name: String) throws {
        let certificates = try Certificates()
        let file = certificates.authority.certificateFile.replacing("server.pem", with: name)
        #expect(unlink(file) == 0 && mkdir(file, 0o700) == 0)
        #expect(throws: (any Error).self) { try certificates.authority.prepare(names: ["localhost", "new.test"]) }
        #expect(access(file + ".partial", F_OK) != 0)
    }

    @Test func `A byte order mark before a certificate or a key does no harm, and UTF-16 is named`() throws {
        let certificates = try Certificates()
        for file in [certificates.authority.certificateFile, certificates.authority.keyFile] {
            let text = try Self.bytes(file)
            try Self.write([0xEF, 0xBB, 0xBF] + text, file)
            #expect(try identity(certificates).covers("localhost"))
            try Self.write([0xFF, 0xFE] + text.flatMap { [$0, 0] }, file)
            let error = #expect(throws: InvalidIdentity.self) { try identity(certificates) }
            #expect(error.map { "\($0)" }?.contains("UTF-16") == true)
            try Self.write(text, file)
        }
        let authority = certificates.authority.authorityFile
        try Self.write([0xEF, 0xBB, 0xBF] + Self.bytes(authority), authority)
        _ = try certificates.client()
    }

    @Test func `A FIFO in the place of a file is not waited for`() throws {
        let certificates = try Certificates()
        let file = certificates.authority.certificateFile
        #expect(unlink(file) == 0 && mkfifo(file, 0o600) == 0)
        #expect(throws: InvalidIdentity.self) { try identity(certificates) }
        #expect(throws: InvalidIdentity.self) {
            try TLSContext.client(TLSClientConfiguration(trust: .authorities(file: file)))
        }
    }

    @Test func `A certificate that is none among good ones is an error, and not passed over`() throws {
        let certificates = try Certificates()
        let file = certificates.authority.certificateFile
        let text = String(decoding: try Self.bytes(file), as: UTF8.self)
        let end = try #require(text.firstRange(of: "-----END"))
        let spoilt = text[..<text.index(end.lowerBound, offsetBy: -10)] + "\n" + text[end.lowerBound...]
        try Self.write(Array((text + spoilt).utf8), file)
        #expect(throws: InvalidIdentity.self) { try identity(certificates) }
    }

    @Test func `A folder that is not there is an error that names it`() {
        #expect {
            try DevelopmentAuthority(folder: "/nowhere/at/all").prepare(names: ["localhost"])
        } throws: {
            "\($0)".contains("/nowhere/at/all")
        }
    }

    private static func write(_ bytes: [UInt8], _ file: String) throws {
        let stream = try #require(fopen(file, "w"))
        defer { fclose(stream) }
        try #require(fwrite(bytes, 1, bytes.count, stream) == bytes.count)
    }

    private static func bytes(_ file: String) throws -> [UInt8] {
        let stream = try #require(fopen(file, "r"))
        defer { fclose(stream) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, stream)
        return Array(bytes[..<count])
    }
}
