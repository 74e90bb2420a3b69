/// A way in which the readers of a batch are given it, such as a format with what their connections need of it.
///
/// A batch is encoded once for all who are given it the same way (``Batch/encoded(_:)``).
package protocol Encoding {
    /// What comes of it: an object, which all of them are given by reference.
    associatedtype Encoded: AnyObject

    static func encode(_ batch: Batch) -> Encoded
}
