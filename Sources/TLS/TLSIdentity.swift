import COpenSSL

/// A certificate, the chain that leads from it to its authority, and its private key.
public final class TLSIdentity: Sendable {
    nonisolated(unsafe) let certificate: OpaquePointer
    nonisolated(unsafe) let chain: OpaquePointer
    nonisolated(unsafe) let key: OpaquePointer
    private let chained: CertificateList

    /// The DNS names that it is for.
    public let names: [String]
    /// The end of its validity, in seconds since 1970.
    public let expiry: Int

    /// Reads PEM files.
    ///
    /// - Parameters:
    ///   - certificateFile: The certificate, followed by the others of its chain.
    ///   - keyFile: The private key, without a pass phrase; the same file by default.
    /// - Throws: ``InvalidIdentity``, naming the file.
    public init(certificateFile: String, keyFile: String? = nil) throws(InvalidIdentity) {
        let keyFile = keyFile ?? certificateFile
        let certificates: CertificateList
        do throws(OpenSSLError) {
            certificates = try CertificateList(pem: PEMFile(certificateFile))
        } catch {
            throw InvalidIdentity("\(certificateFile): no certificate in PEM can be read (\(error))")
        }
        guard let leaf = certificates.first, let rest = try? certificates.dropFirst() else {
            throw InvalidIdentity("\(certificateFile): there is no certificate in it")
        }
        do throws(OpenSSLError) {
            self.key = try PEMFile(keyFile).privateKey()
        } catch {
            throw InvalidIdentity("\(keyFile): no private key in PEM, without a pass phrase, can be read (\(error))")
        }
        guard X509_check_private_key(leaf, self.key) == 1 else {
            ERR_clear_error()
            EVP_PKEY_free(self.key)
            throw InvalidIdentity("\(keyFile): this key is not the one of the certificate in \(certificateFile)")
        }
        X509_up_ref(leaf)
        self.certificate = leaf
        self.chained = rest
        self.chain = rest.pointer
        self.names = Self.names(of: leaf)
        self.expiry = Self.expiry(of: leaf)
    }

    deinit {
        X509_free(self.certificate)
        EVP_PKEY_free(self.key)
    }

    /// Whether it is for a host of this name.
    func covers(_ host: String) -> Bool { X509_check_host(self.certificate, host, host.utf8.count, 0, nil) == 1 }

    func sharesName(with other: TLSIdentity) -> Bool {
        other.names.contains { name in self.names.contains(name) }
    }

    static func names(of certificate: OpaquePointer) -> [String] {
        guard let found = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) else { return [] }
        let all = OpaquePointer(found)
        defer { GENERAL_NAMES_free(all) }
        return (0..<pollux_sk_GENERAL_NAME_num(all)).compactMap { index in
            pollux_GENERAL_NAMES_dns(all, index).map { name in
                let bytes = UnsafeBufferPointer(
                    start: ASN1_STRING_get0_data(name), count: Int(ASN1_STRING_length(name)))
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    private static func expiry(of certificate: OpaquePointer) -> Int {
        var time = tm()
        guard ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time) == 1 else { return .max }
        return timegm(&time)
    }
}

/// Why files are no certificate and key.
public struct InvalidIdentity: Error, CustomStringConvertible {
    /// What is wrong with which file.
    public let description: String

    init(_ description: String) {
        self.description = description
    }
}
