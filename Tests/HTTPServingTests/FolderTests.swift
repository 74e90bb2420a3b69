import Foundation
import NIOCore
import Testing

@testable import HTTPServing

@Suite(.timeLimit(.minutes(1))) struct FolderTests {
    private let temporary: TemporaryFolder
    private let folder: Folder

    init() throws {
        self.temporary = try TemporaryFolder()
        self.folder = try #require(Folder(at: self.temporary.publicPath))
    }

    private func content(at path: String) -> String? {
        guard case .file(let file) = self.folder.entry(at: path) else { return nil }
        return file.read(0..<file.size).map { String(buffer: $0) }
    }

    private func isMissing(_ path: String) -> Bool {
        if case .missing = self.folder.entry(at: path) { true } else { false }
    }

    @Test func `A file is found, and what is in it`() throws {
        try self.temporary.write("one", to: "a.txt")
        try self.temporary.write("two", to: "below/further/b.txt")
        #expect(content(at: "a.txt") == "one")
        #expect(content(at: "below/further/b.txt") == "two")
    }

    @Test func `A folder is known for one`() throws {
        try self.temporary.write("", to: "below/a.txt")
        guard case .folder = self.folder.entry(at: "below") else { throw Unexpected() }
        guard case .folder = self.folder.entry(at: "") else { throw Unexpected() }
    }

    @Test func `What is not there is missing`() throws {
        try self.temporary.write("", to: "a.txt")
        for path in ["b.txt", "b/a.txt", "a.txt/", "a.txt/b", String(repeating: "x", count: 5000)] {
            #expect(isMissing(path), "\(path)")
        }
    }

    @Test func `A link is followed inside the folder, also through a hidden one`() throws {
        try self.temporary.write("one", to: "..data/a.txt")
        try self.temporary.link("link.txt", to: "..data/a.txt")
        try self.temporary.link("whole.txt", to: self.temporary.path(of: "link.txt"))
        try self.temporary.link("below", to: "..data")
        for path in ["link.txt", "whole.txt", "below/a.txt"] { #expect(content(at: path) == "one", "\(path)") }
    }

    @Test func `A link that leads outside leads nowhere`() throws {
        try self.temporary.write("secret", to: "../secret.txt")
        try self.temporary.write("secret", to: "../publicity/secret.txt")
        try self.temporary.link("relative.txt", to: "../secret.txt")
        try self.temporary.link("absolute.txt", to: self.temporary.path + "/secret.txt")
        try self.temporary.link("again.txt", to: "relative.txt")
        try self.temporary.link("up", to: "..")
        try self.temporary.link("alike", to: "../publicity")
        for path in ["relative.txt", "absolute.txt", "again.txt", "up/secret.txt", "up", "alike/secret.txt", "alike"] {
            #expect(isMissing(path), "\(path)")
        }
    }

    @Test func `A link to itself or to nothing is missing`() throws {
        try self.temporary.link("round", to: "round")
        try self.temporary.link("nowhere", to: "gone.txt")
        #expect(isMissing("round"))
        #expect(isMissing("nowhere"))
    }

    @Test func `A FIFO is missing, and nobody waits for it`() throws {
        #expect(mkfifo(self.temporary.path(of: "fifo"), 0o600) == 0)
        #expect(isMissing("fifo"))
        #expect(try !self.temporary.isOpen("fifo"))
    }

    @Test func `A device is missing`() throws {
        guard case .missing = try #require(Folder(at: "/dev")).entry(at: "zero") else { throw Unexpected() }
    }

    @Test(.disabled(if: geteuid() == 0, "root may read everything"))
    func `A file that may not be read is missing`() throws {
        try self.temporary.write("secret", to: "a.txt")
        try self.temporary.write("secret", to: "below/b.txt")
        #expect(chmod(self.temporary.path(of: "a.txt"), 0) == 0)
        #expect(chmod(self.temporary.path(of: "below"), 0) == 0)
        #expect(isMissing("a.txt"))
        #expect(isMissing("below/b.txt"))
        #expect(chmod(self.temporary.path(of: "below"), 0o700) == 0)
    }

    @Test func `A system that is short of something is not taken for a missing file`() throws {
        for error in [EMFILE, ENFILE, ENOMEM, EIO] {
            guard case .unavailable = Folder.Entry(error: error) else { throw Unexpected() }
        }
        for error in [ENOENT, ENOTDIR, EACCES, ELOOP, ENAMETOOLONG, ENXIO] {
            guard case .missing = Folder.Entry(error: error) else { throw Unexpected() }
        }
    }

    @Test func `There is no folder where there is none`() throws {
        try self.temporary.write("", to: "a.txt")
        #expect(Folder(at: self.temporary.path(of: "a.txt")) == nil)
        #expect(Folder(at: self.temporary.path(of: "gone")) == nil)
        #expect(Folder(at: "") == nil)
    }

    @Test func `A folder may be named by a link or with a slash, or be the root`() throws {
        try self.temporary.write("one", to: "below/a.txt")
        try self.temporary.link("link", to: "below")
        let whole = self.temporary.path(of: "below/a.txt").dropFirst()
        for (folder, path) in [("link", "a.txt"), ("below/", "a.txt"), ("link/../below", "a.txt")] {
            let entry = try #require(Folder(at: self.temporary.path(of: folder))).entry(at: path)
            guard case .file = entry else { throw Unexpected() }
        }
        guard case .file = try #require(Folder(at: "/")).entry(at: String(whole)) else { throw Unexpected() }
    }

    private struct Unexpected: Error {}
}
