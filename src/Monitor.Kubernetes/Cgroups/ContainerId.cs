using System.Buffers.Binary;
using System.Globalization;

namespace Monitor.Kubernetes.Cgroups;

/// <summary>The id of a container, as containerd, CRI-O and Docker make it: 64 hexadecimal digits.</summary>
internal readonly record struct ContainerId
{
    /// <summary>Digits of the text.</summary>
    public const int TextLength = 64;

    private readonly UInt128 _high;
    private readonly UInt128 _low;

    private ContainerId(UInt128 high, UInt128 low)
    {
        _high = high;
        _low = low;
    }

    /// <summary>No container.</summary>
    public bool IsNone => _high == 0 && _low == 0;

    /// <summary>Reads 64 small hexadecimal digits, and nothing else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out ContainerId id)
    {
        id = default;
        if (text.Length != TextLength || text.ContainsAnyExcept(Hexadecimal.Digits))
        {
            return false;
        }

        id = new ContainerId(
            UInt128.Parse(text[..32], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture),
            UInt128.Parse(text[32..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        return !id.IsNone;
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[32];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt128BigEndian(bytes[16..], _low);
        return Convert.ToHexStringLower(bytes);
    }
}
