using System.Diagnostics.CodeAnalysis;

namespace Monitor.Events;

/// <summary>Compares keys of bytes by their content, so that a dictionary is asked with a part of an event.</summary>
internal sealed class BytesComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static BytesComparer Instance { get; } = new();

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(ReadOnlySpan<byte> alternate) => (int)NameHash.Of(alternate);

    public int GetHashCode([DisallowNull] byte[] obj) => (int)NameHash.Of(obj);
}
