using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Monitor.EventLog;

/// <summary>
/// Hash of short names: words of 8 bytes, each folded in by a 64 × 64 → 128 bit multiplication, about 2 ns for a
/// command. Keyed per process, so that nobody can choose names that collide.
/// </summary>
internal static class NameHash
{
    private static readonly ulong Seed = BitConverter.ToUInt64(RandomNumberGenerator.GetBytes(sizeof(ulong)));

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

            // The last word overlaps the one before where the length is no multiple of 8.
            hash = Fold(hash ^ Unsafe.ReadUnaligned<ulong>(ref Unsafe.Add(ref start, length - 8)));
        }
        else
        {
            var word = 0ul;
            for (var at = 0; at < length; at++)
            {
                word = (word << 8) | Unsafe.Add(ref start, at);
            }

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

    /// <summary>16 bits for a column; never 0, which says that there is no name.</summary>
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
