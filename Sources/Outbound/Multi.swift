import CCurl

/// libcurl's multi handle: the transfers under way, and the connections that are kept for the next ones.
///
/// Its owner is the thread that drives it. Only ``wakeUp()`` may be called by others, which libcurl allows (`curl_multi_wakeup`);
/// whoever holds this object has a handle that is still there.
final class Multi: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer

    /// To be called before anything else of libcurl, by any thread.
    private static let isPrepared = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// - Parameter connections: The most that are kept when nothing is asked by them.
    /// - Throws: ``OutboundError`` where there is no memory.
    init(connections: Int) throws(OutboundError) {
        guard Self.isPrepared, let handle = curl_multi_init() else { throw .other("libcurl cannot be used") }
        self.handle = handle
        _ = pollux_curl_multi_setopt_long(handle, CURLMOPT_MAXCONNECTS, connections)
    }

    deinit {
        curl_multi_cleanup(self.handle)
    }

    /// Ends a ``wait(milliseconds:)``, or the next one at once.
    func wakeUp() {
        curl_multi_wakeup(self.handle)
    }

    // MARK: For the thread that drives it

    func add(_ transfer: Transfer) throws(OutboundError) {
        let code = curl_multi_add_handle(self.handle, transfer.easy)
        guard code == CURLM_OK else { throw .other(String(cString: curl_multi_strerror(code))) }
    }

    /// Takes a transfer out, under way or not.
    func remove(_ transfer: Transfer) {
        curl_multi_remove_handle(self.handle, transfer.easy)
    }

    /// Does what can be done without waiting, and tells of each transfer that is over.
    func perform(_ finished: (Transfer, CURLcode) -> Void) {
        var count: CInt = 0
        curl_multi_perform(self.handle, &count)
        while let message = curl_multi_info_read(self.handle, &count) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle,
                let pointer = pollux_curl_easy_private(easy)
            else { continue }
            // The message is gone with the handle.
            let code = pollux_curl_message_result(message)
            finished(Unmanaged<Transfer>.fromOpaque(pointer).takeUnretainedValue(), code)
        }
    }

    /// Waits until something can be done, or the time is over.
    func wait(milliseconds: CInt) {
        curl_multi_poll(self.handle, nil, 0, milliseconds, nil)
    }
}
