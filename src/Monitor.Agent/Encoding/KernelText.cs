using System.Text.Unicode;

namespace Monitor.Agent.Encoding;

/// <summary>Text that the kernel hands out: bytes up to a NUL, in no encoding that anybody promised.</summary>
internal static class KernelText
{
    /// <summary>The bytes before the NUL, each byte that is not part of valid UTF-8 replaced by '?'.</summary>
    /// <param name="field">The field of a record.</param>
    /// <param name="scratch">At least as long as the field.</param>
    public static ReadOnlySpan<byte> Read(ReadOnlySpan<byte> field, Span<byte> scratch)
    {
        var end = field.IndexOf((byte)0);
        var text = end < 0 ? field : field[..end];
        if (Utf8.IsValid(text))
        {
            text.CopyTo(scratch);
            return scratch[..text.Length];
        }

        for (var i = 0; i < text.Length; i++)
        {
            scratch[i] = text[i] < 0x80 ? text[i] : (byte)'?';
        }

        return scratch[..text.Length];
    }
}
