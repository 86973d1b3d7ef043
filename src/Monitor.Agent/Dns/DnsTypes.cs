using System.Buffers.Text;

namespace Monitor.Agent.Dns;

/// <summary>Names of record types and response codes, as IANA lists them (dns-parameters).</summary>
internal static class DnsTypes
{
    public const ushort A = 1, Ns = 2, Cname = 5, Ptr = 12, Mx = 15, Txt = 16, Aaaa = 28, Srv = 33, Dname = 39, Opt = 41, Svcb = 64,
        Https = 65, Any = 255;

    /// <summary>Most bytes of a name: "TYPE65535", "RCODE4095".</summary>
    public const int MaxNameBytes = 16;

    private static readonly Dictionary<ushort, byte[]> Types = Encode(
        (A, "A"), (Ns, "NS"), (Cname, "CNAME"), (6, "SOA"), (Ptr, "PTR"), (13, "HINFO"), (Mx, "MX"), (Txt, "TXT"), (17, "RP"),
        (18, "AFSDB"), (Aaaa, "AAAA"), (29, "LOC"), (Srv, "SRV"), (35, "NAPTR"), (36, "KX"), (37, "CERT"), (Dname, "DNAME"),
        (Opt, "OPT"), (42, "APL"), (43, "DS"), (44, "SSHFP"), (45, "IPSECKEY"), (46, "RRSIG"), (47, "NSEC"), (48, "DNSKEY"),
        (49, "DHCID"), (50, "NSEC3"), (51, "NSEC3PARAM"), (52, "TLSA"), (53, "SMIMEA"), (59, "CDS"), (60, "CDNSKEY"),
        (61, "OPENPGPKEY"), (62, "CSYNC"), (63, "ZONEMD"), (Svcb, "SVCB"), (Https, "HTTPS"), (99, "SPF"), (249, "TKEY"),
        (250, "TSIG"), (251, "IXFR"), (252, "AXFR"), (Any, "ANY"), (256, "URI"), (257, "CAA"));

    private static readonly Dictionary<ushort, byte[]> Codes = Encode(
        (0, "NOERROR"), (1, "FORMERR"), (2, "SERVFAIL"), (3, "NXDOMAIN"), (4, "NOTIMP"), (5, "REFUSED"), (6, "YXDOMAIN"),
        (7, "YXRRSET"), (8, "NXRRSET"), (9, "NOTAUTH"), (10, "NOTZONE"), (11, "DSOTYPENI"), (16, "BADVERS"), (17, "BADKEY"),
        (18, "BADTIME"), (19, "BADMODE"), (20, "BADNAME"), (21, "BADALG"), (22, "BADTRUNC"), (23, "BADCOOKIE"));

    /// <summary>The name of a type; "TYPE12345" where it has none (RFC 3597).</summary>
    /// <param name="type">Its number.</param>
    /// <param name="scratch">At least <see cref="MaxNameBytes"/>.</param>
    public static ReadOnlySpan<byte> TypeName(ushort type, Span<byte> scratch) =>
        Types.TryGetValue(type, out var name) ? name : Numbered("TYPE"u8, type, scratch);

    /// <summary>The name of a response code; "RCODE12" where it has none.</summary>
    /// <param name="code">Its number.</param>
    /// <param name="scratch">At least <see cref="MaxNameBytes"/>.</param>
    public static ReadOnlySpan<byte> CodeName(ushort code, Span<byte> scratch) =>
        Codes.TryGetValue(code, out var name) ? name : Numbered("RCODE"u8, code, scratch);

    private static ReadOnlySpan<byte> Numbered(ReadOnlySpan<byte> prefix, ushort number, Span<byte> scratch)
    {
        prefix.CopyTo(scratch);
        Utf8Formatter.TryFormat(number, scratch[prefix.Length..], out var digits);
        return scratch[..(prefix.Length + digits)];
    }

    private static Dictionary<ushort, byte[]> Encode(params (ushort Number, string Name)[] names) =>
        names.ToDictionary(pair => pair.Number, pair => System.Text.Encoding.ASCII.GetBytes(pair.Name));
}
