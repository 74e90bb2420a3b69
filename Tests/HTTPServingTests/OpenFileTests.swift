import Foundation
import NIOCore
import Testing

@testable import HTTPServing

@Suite struct OpenFileTests {
    private let temporary: TemporaryFolder

    init() throws {
        self.temporary = try TemporaryFolder()
    }

    private func file(_ name: String) throws -> OpenFile {
        guard case .file(let file) = Folder(at: self.temporary.publicPath)?.entry(at: name) else {
            throw CocoaError(.fileNoSuchFile)
        }
        return file
    }

    private func setModified(_ name: String, _ second: Int) {
        var times = [timespec(tv_sec: second, tv_nsec: 0), timespec(tv_sec: second, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, self.temporary.path(of: name), &times, 0) == 0)
    }

    @Test func `Any part of a file can be read`() throws {
        try self.temporary.write("0123456789", to: "a.txt")
        let file = try file("a.txt")
        #expect(file.size == 10)
        for (range, text) in [(0..<10, "0123456789"), (0..<1, "0"), (3..<7, "3456"), (9..<10, "9"), (4..<4, "")] {
            #expect(file.read(range).map { String(buffer: $0) } == text)
        }
    }

    @Test func `What a file no longer has cannot be read`() throws {
        try self.temporary.write("0123456789", to: "a.txt")
        let file = try file("a.txt")
        try self.temporary.cut("a.txt", to: 5)
        #expect(file.read(0..<5) != nil)
        #expect(file.read(0..<6) == nil)
        #expect(file.read(7..<8) == nil)
    }

    @Test func `A file is closed with its last reference`() throws {
        try self.temporary.write("one", to: "a.txt")
        do {
            let file = try file("a.txt")
            #expect(try self.temporary.isOpen("a.txt"))
            withExtendedLifetime(file) {}
        }
        #expect(try !self.temporary.isOpen("a.txt"))
    }

    @Test func `A file that has not changed keeps its tag`() throws {
        try self.temporary.write("one", to: "a.txt")
        let validators = try file("a.txt").validators
        #expect(try file("a.txt").validators == validators)
        #expect(!validators.entityTag.isWeak)
    }

    @Test func `A file of another size has another tag`() throws {
        try self.temporary.write("one", to: "a.txt")
        let tag = try file("a.txt").validators.entityTag
        try self.temporary.cut("a.txt", to: 2)
        #expect(try file("a.txt").validators.entityTag != tag)
    }

    @Test func `A file put in the place of one alike has another tag`() throws {
        for name in ["a.txt", "b.txt"] {
            try self.temporary.write("one", to: name)
            self.setModified(name, 784_111_777)
        }
        let before = try file("a.txt").validators
        #expect(rename(self.temporary.path(of: "b.txt"), self.temporary.path(of: "a.txt")) == 0)
        let after = try file("a.txt").validators
        #expect(before.lastModified == after.lastModified)
        #expect(before.entityTag != after.entityTag)
    }

    @Test func `The time of modification is that of the file, but never in the future`() throws {
        try self.temporary.write("one", to: "a.txt")
        self.setModified("a.txt", 784_111_777)
        #expect(try file("a.txt").validators.lastModified == 784_111_777)
        self.setModified("a.txt", time(nil) + 10_000)
        #expect(try file("a.txt").validators.lastModified <= time(nil))
    }
}
