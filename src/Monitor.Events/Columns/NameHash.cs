using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace Monitor.Events;

/// <summary>
/// Hash of short names: words of 8 bytes, each folded in by a 64 × 64 → 128 bit multiplication, about 2 ns for a
/// command. Keyed per process, so that nobody can choose names that collide.
/// </summary>
internal static class NameHash
{
    // A Guid is as hard to guess as numbers of RandomNumberGenerator, which would load OpenSSL: 5 MB of memory for this
    // alone. The bits of a Guid that are not random are in its second half.
    private static readonly ulong Seed = BitConverter.ToUInt64(Guid.NewGuid().ToByteArray());

    // Odd, with as many ones as zeros: the fractional parts of the golden ratio and of the square root of 3.
    private const ulong Multiplier = 0x9e3779b97f4a7c15;
    private const ulong Increment = 0xbb67ae8584caa73b;

    public static uint Of(ReadOnlySpan<byte> utf8)
    {
        var hash = Seed ^ ((ulong)utf8.Length * Increment);
        ref var start = ref MemoryMarshal.GetReference(utf8);
        var length = utf8.Length;
        if (length >= 8)
        {
            for (var at = 0; at < length - 8; at += 8)
            {
                hash = Fold(hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, at)));
            }

            // The last word overlaps the one before if the length is not a multiple of 8.
            hash = Fold(hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, length - 8)));
        }
        else if (length >= 4)
        {
            // Here and above, two overlapping words replace a loop over the remaining bytes.
            var low = Unsafe.ReadUnaligned<uint>(ref start);
            var high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref start, length - 4));
            hash = Fold(hash ^ ((ulong)high << 32 | low));
        }
        else if (length > 0)
        {
            var word = (uint)start << 16 | (uint)Unsafe.Add(ref start, length >> 1) << 8
                | Unsafe.Add(ref start, length - 1);
            hash = Fold(hash ^ word);
        }

        return (uint)(Fold(hash ^ Increment) >> 32);
    }

    public static uint Of(string name)
    {
        Span<byte> small = stackalloc byte[256];
        return Encoding.UTF8.TryGetBytes(name, small, out var written)
            ? Of(small[..written])
            : Of(Encoding.UTF8.GetBytes(name));
    }

    /// <summary>16 bits for a column; never 0, which means that there is no name.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort To16(uint hash)
    {
        var folded = (ushort)hash;
        return folded == 0 ? (ushort)1 : folded;
    }

    /// <summary>8 bits for a column; never 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static byte To8(uint hash)
    {
        var folded = (byte)(hash >> 24);
        return folded == 0 ? (byte)1 : folded;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Fold(ulong value)
    {
        var high = Math.BigMul(value, Multiplier, out var low);
        return high ^ low;
    }
}
