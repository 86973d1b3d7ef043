using System.Globalization;

namespace Monitor.Protocol;

/// <summary>
/// Names of IP protocols as <c>Event.protocol</c> and the filters spell them. Numbers without a name here are written
/// in decimal. Source of the numbers: IANA, Assigned Internet Protocol Numbers; 262 is Linux's IPPROTO_MPTCP, which a
/// socket can have and a packet cannot.
/// </summary>
public static class IpProtocols
{
    /// <summary>The highest number of a protocol: those of packets end at 255, Linux's sockets know 262.</summary>
    public const int MaxNumber = 262;

    private static readonly (int Number, string Name)[] Known =
    [
        (1, "ICMP"), (2, "IGMP"), (4, "IPIP"), (6, "TCP"), (8, "EGP"), (12, "PUP"), (17, "UDP"), (22, "IDP"),
        (29, "TP"), (33, "DCCP"), (41, "IPv6"), (46, "RSVP"), (47, "GRE"), (50, "ESP"), (51, "AH"), (58, "ICMPv6"),
        (89, "OSPF"), (92, "MTP"), (94, "BEETPH"), (98, "ENCAP"), (103, "PIM"), (108, "COMP"), (112, "VRRP"),
        (115, "L2TP"), (132, "SCTP"), (136, "UDPLITE"), (137, "MPLS"), (143, "ETHERNET"), (255, "RAW"),
        (262, "MPTCP"),
    ];

    private static readonly string[] Names = MakeNames();

    /// <summary>All names, for messages that list the accepted values.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Known.Select(known => known.Name)];

    /// <summary>The name of a protocol; its number in decimal if it has none. The same string each time.</summary>
    /// <param name="number">0 to <see cref="MaxNumber"/>.</param>
    public static string Name(int number) => Names[number];

    /// <summary>Finds the number of a protocol by its name, in any case, or its decimal number.</summary>
    /// <returns>False if it is neither; <paramref name="number"/> is then -1.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out int number)
    {
        foreach (var known in Known)
        {
            if (text.Equals(known.Name, StringComparison.OrdinalIgnoreCase))
            {
                number = known.Number;
                return true;
            }
        }

        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= MaxNumber)
        {
            return true;
        }

        number = -1;
        return false;
    }

    private static string[] MakeNames()
    {
        var names = new string[MaxNumber + 1];
        for (var number = 0; number < names.Length; number++)
        {
            names[number] = number.ToString(CultureInfo.InvariantCulture);
        }

        foreach (var known in Known)
        {
            names[known.Number] = known.Name;
        }

        return names;
    }
}
