public import HTTPServing

/// A protocol by which clients speak to us: it claims paths, and answers what is asked for there. What it serves are the
/// same channels that every other door serves.
public protocol Door: Responder {
    /// Whether what is at this path is this door's, whatever the method.
    ///
    /// - Parameter path: As it was sent, percent-encoded.
    func claims(_ path: [UInt8]) -> Bool
}
