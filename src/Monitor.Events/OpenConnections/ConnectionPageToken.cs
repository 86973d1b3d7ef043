using System.Text;
using Monitor.Protocol;

namespace Monitor.Events;

/// <summary>Where a page of open connections ended.</summary>
/// <param name="Filter">Fingerprint of what the list is of.</param>
/// <param name="After">The last connection of the page.</param>
internal readonly record struct ConnectionPageToken(ulong Filter, ConnectionPosition After)
{
    // Kind and version of the content; see OpaqueToken.
    private const byte Kind = 0x31;

    private const int NameField = 1;

    public static bool TryParse(string text, out ConnectionPageToken token)
    {
        token = default;
        if (!OpaqueToken.TryDecode(text, Kind, out var bytes))
        {
            return false;
        }

        var content = new WireReader(bytes);
        if (!content.TryReadFixed64(out var filter)
            || !content.TryReadFixed64(out var key)
            || !content.TryReadTag(out var tag)
            || tag != (NameField << 3 | WireReader.LengthDelimited)
            || !content.TryReadText(out var name)
            || !content.AtEnd
            || name.Length > ContractLimits.MaxNodeNameBytes)
        {
            return false;
        }

        token = new ConnectionPageToken(filter, new ConnectionPosition(Encoding.UTF8.GetString(name), key));
        return true;
    }

    public override string ToString()
    {
        var name = Encoding.UTF8.GetBytes(After.NodeName);
        Span<byte> buffer = stackalloc byte[2 * sizeof(ulong) + 2 * WireWriter.MaxVarintBytes + ContractLimits.MaxNodeNameBytes];
        var content = new WireWriter(buffer);
        content.Fixed64(Filter);
        content.Fixed64(After.Key);
        content.Bytes(NameField, name);
        return OpaqueToken.Encode(Kind, content.Written);
    }
}
