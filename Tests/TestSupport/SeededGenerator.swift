/// A random generator (SplitMix64) that gives the same numbers for the same seed.
package struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    package init(seed: UInt64) {
        self.state = seed
    }

    package mutating func next() -> UInt64 {
        self.state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = self.state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Other seeds each time. A test that takes them as arguments names the one that it failed for.
package func freshSeeds(_ count: Int) -> [UInt64] {
    (0..<count).map { _ in UInt64.random(in: 0...UInt64.max) }
}

/// Seeds that are the same in every run: where the judge is somebody else's code, a difference must not come by chance.
package func fixedSeeds(_ count: Int) -> [UInt64] {
    (1...UInt64(count)).map { $0 &* 0x9E37_79B9_7F4A_7C15 }
}
