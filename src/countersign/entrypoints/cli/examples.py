"""One example a command, as its help shows it. Each is read by the parser in a test."""

EXAMPLES = {
    "run": "run --data /srv/countersign",
    "accounts open": 'accounts open DE89370400440532013000 EUR --holder "Ada Holdings"',
    "accounts fund": (
        'accounts fund DE89370400440532013000 250000.00 EUR --reason "opening balance"'
    ),
    "accounts correct": 'accounts correct --from :FEES --to :RENT 12.50 EUR --reason "wrong fee"',
    "accounts reverse": 'accounts reverse 1041 --reason "booked twice"',
    "accounts list": "accounts list --party CUST-77",
    "ingest": "ingest payments.xml --credential erp --reports /srv/answers",
    "transfers list": "transfers list --status held",
    "transfers show": "transfers show 1042",
    "transfers release": 'transfers release 1042 --reason "called the treasurer"',
    "transfers reject": 'transfers reject 1042 --code FRAD --reason "not theirs"',
    "transfers cancel": 'transfers cancel 1042 --reason "asked for by the customer"',
    "transfers hold": 'transfers hold 1042 --hours 24 --reason "unusual payee"',
    "freeze": 'freeze DE89370400440532013000 --reason "stolen laptop"',
    "unfreeze": 'unfreeze DE89370400440532013000 --reason "found again"',
    "proof export": "proof export 1042 --disclose creditor_name --output proof.json",
    "proof verify": "proof verify proof.json --key demo+a7b42c46+AXcCCCLE...",
    "audit verify": "audit verify",
    "audit key": "audit key",
    "credential create": "credential create erp --save",
    "credential revoke": "credential revoke 100",
    "credential list": "credential list",
    "backup": "backup --to /backups/",
    "restore": "restore --from demo.csbackup --data /srv/countersign --key-file demo.key",
    "doctor": "doctor --data /srv/countersign",
    "bench gate": "bench gate --pairs 5",
    "bench crash": "bench crash --kills 50",
}
