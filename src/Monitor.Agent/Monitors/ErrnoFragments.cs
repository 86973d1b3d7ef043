using Monitor.Agent.Encoding;
using Monitor.Bpf;

namespace Monitor.Agent.Monitors;

/// <summary>The names of errors as one field of a detail, each encoded when it first occurs. One thread.</summary>
/// <param name="field">Number of the field.</param>
internal sealed class ErrnoFragments(int field)
{
    /// <summary>Linux numbers its errors up to 133 (EHWPOISON), and keeps this many numbers for them; a record may say
    /// anything.</summary>
    public const uint Max = 4095;

    private readonly byte[]?[] _errors = new byte[]?[Max + 1];

    /// <param name="number">1 to <see cref="Max"/>.</param>
    public ReadOnlySpan<byte> Get(uint number) => _errors[number] ??= Encode(number);

    // Apart from Get, in which the closure would be allocated for every event.
    private byte[] Encode(uint number) => EventEncoder.Fragment((ref writer) =>
        writer.Bytes(field, System.Text.Encoding.ASCII.GetBytes(Errno.Name((int)number))));
}
