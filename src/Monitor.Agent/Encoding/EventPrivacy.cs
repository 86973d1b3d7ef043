using System.Net;
using System.Net.Sockets;

namespace Monitor.Agent.Encoding;

/// <summary>What events leave out, by the user's wish. Immutable.</summary>
/// <param name="hidesCommands">Whether events have no command.</param>
/// <param name="maskedNetworks">An address of one of these is reported as the network's first; of two, the first that is
/// listed counts.</param>
internal sealed class EventPrivacy(bool hidesCommands, IReadOnlyList<IPNetwork> maskedNetworks)
{
    private readonly (byte[] Prefix, byte[] Mask)[] _networks = [.. maskedNetworks.Select(Mapped)];

    /// <summary>Whether events have no command.</summary>
    public bool HidesCommands { get; } = hidesCommands;

    /// <summary>Replaces an address that is not to be told.</summary>
    /// <param name="address">16 bytes, IPv4 mapped.</param>
    public void Mask(Span<byte> address)
    {
        foreach (var (prefix, mask) in _networks)
        {
            if (IsIn(address, prefix, mask))
            {
                prefix.CopyTo(address);
                return;
            }
        }
    }

    private static bool IsIn(ReadOnlySpan<byte> address, byte[] prefix, byte[] mask)
    {
        for (var i = 0; i < prefix.Length; i++)
        {
            if ((address[i] & mask[i]) != prefix[i])
            {
                return false;
            }
        }

        return true;
    }

    private static (byte[] Prefix, byte[] Mask) Mapped(IPNetwork network)
    {
        var isIpv4 = network.BaseAddress.AddressFamily == AddressFamily.InterNetwork;
        var bits = network.PrefixLength + (isIpv4 ? 96 : 0);
        var mask = new byte[16];
        for (var bit = 0; bit < bits; bit++)
        {
            mask[bit / 8] |= (byte)(0x80 >> (bit % 8));
        }

        return (network.BaseAddress.MapToIPv6().GetAddressBytes(), mask);
    }
}
