import Access
import HTTPServing
import Testing

@Suite struct AddressGroupTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2002:c000:201:5::1", "192.0.2.1"),
        ("64:ff9b::192.0.2.1", "192.0.2.1"), ("64:ff9b::1:c000:201", "64:ff9b::"), ("64:ff9b:1::1", "64:ff9b:1::"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"), ("2001:db8:1:3::", "2001:db8:1:3::"), ("::1", "::"),
    ])
    func `Addresses that one client may have count as one`(text: String, group: String) throws {
        #expect(AddressGroup(try #require(PeerAddress(text: text))).address.description == group)
    }
}
