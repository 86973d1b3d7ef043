namespace Monitor.Server;

/// <summary>Text that is written in pieces and read in one, again and again in the same memory.</summary>
internal sealed class CharBuffer
{
    private char[] _chars = new char[4 << 10];

    /// <summary>How much was written since <see cref="Clear"/>.</summary>
    public int Length { get; private set; }

    /// <summary>What was written. Valid until the next write.</summary>
    public ReadOnlyMemory<char> Written => _chars.AsMemory(0, Length);

    public void Clear() => Length = 0;

    public void Write(ReadOnlySpan<char> text)
    {
        if (text.Length > _chars.Length - Length)
        {
            Array.Resize(ref _chars, Math.Max(Length + text.Length, _chars.Length * 2));
        }

        text.CopyTo(_chars.AsSpan(Length));
        Length += text.Length;
    }
}
