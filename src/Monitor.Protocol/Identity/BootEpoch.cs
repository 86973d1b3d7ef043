using System.Text;

namespace Monitor.Protocol;

/// <summary>
/// The boot epoch: a number that names one run of a server on one boot of one node. Sequences and tokens of different
/// epochs are unrelated.
/// </summary>
public static class BootEpoch
{
    /// <summary>
    /// The epoch of one run: a hash of 64 bits of the three parameters. Two runs share one with a probability of 1 in
    /// 2^64. Never 0.
    /// </summary>
    /// <param name="nodeName">The node's name as its events carry it.</param>
    /// <param name="bootId">The kernel's boot id, from <c>/proc/sys/kernel/random/boot_id</c>; white space around it
    /// is ignored. Empty if it cannot be read.</param>
    /// <param name="start">When the server started, to 100 ns.</param>
    public static ulong Compute(string nodeName, string bootId, DateTimeOffset start)
    {
        ArgumentNullException.ThrowIfNull(nodeName);
        ArgumentNullException.ThrowIfNull(bootId);
        // Neither part contains NUL, so different triples have different texts.
        var text = $"{nodeName}\0{bootId.Trim()}\0{start.UtcTicks:x}";
        var epoch = Hash(Encoding.UTF8.GetBytes(text));
        return epoch == 0 ? 1 : epoch;
    }

    // FNV-1a, and the finalizer of MurmurHash3, so that the last bytes reach every bit too. Nobody gains by a
    // collision, and a cryptographic hash would load OpenSSL: 5 MB of memory for this alone.
    private static ulong Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var b in bytes)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccd;
        hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53;
        return hash ^ (hash >> 33);
    }

    /// <summary>The epoch as events and statistics show it: 16 lower-case hexadecimal digits.</summary>
    public static string Format(ulong epoch) =>
        epoch.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
}
