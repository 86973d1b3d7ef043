using System.Buffers.Binary;
using System.Numerics;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Agent.Encoding;

/// <summary>
/// The names that addresses were looked up by, as the encoded field Event.destination_name, apart for each pod and each
/// process outside of pods: what somebody else was told is no name of ours. Of fixed size: a name takes the place of the one
/// that was used longest ago of four. One thread; allocates nothing.
/// </summary>
internal sealed class DestinationNames
{
    /// <summary>No host has a longer name: 255 bytes less a length and the root.</summary>
    public const int MaxNameBytes = 253;

    // Connections outlive the answer that led to them, and name servers like to say "0 seconds".
    private const uint LeastSeconds = 60, MostSeconds = 86_400;

    // 4096 names with 1.3 MiB: a pod that talks to more at once is a crawler.
    private const int Sets = 1024, Ways = 4;

    // Two bytes each for tag and length.
    private const int MaxFieldBytes = 4 + MaxNameBytes;

    private readonly Slot[] _slots = new Slot[Sets * Ways];
    private readonly byte[] _fields = new byte[Sets * Ways * MaxFieldBytes];
    private ulong _uses;

    /// <summary>Remembers a name.</summary>
    /// <param name="address">16 bytes, IPv4 mapped.</param>
    /// <param name="scope">Who looked it up.</param>
    /// <param name="name">What was asked for; a longer one than <see cref="MaxNameBytes"/> is not kept.</param>
    /// <param name="timestamp">When, CLOCK_BOOTTIME in ns.</param>
    /// <param name="seconds">For how long; at least a minute, at most a day.</param>
    public void Learn(ReadOnlySpan<byte> address, NameScope scope, ReadOnlySpan<byte> name, ulong timestamp, uint seconds)
    {
        if (name.IsEmpty || name.Length > MaxNameBytes)
        {
            return;
        }

        var key = new Key(address, scope);
        var first = key.Set * Ways;
        var chosen = first;
        for (var i = first; i < first + Ways; i++)
        {
            if (_slots[i].Length > 0 && _slots[i].Key == key)
            {
                chosen = i;
                break;
            }

            // One that was never used has 0.
            chosen = _slots[i].LastUse < _slots[chosen].LastUse ? i : chosen;
        }

        var writer = new WireWriter(_fields.AsSpan(chosen * MaxFieldBytes, MaxFieldBytes));
        writer.Bytes(Event.DestinationNameFieldNumber, name);
        _slots[chosen] = new Slot
        {
            Key = key,
            ExpiresAt = timestamp + Math.Clamp(seconds, LeastSeconds, MostSeconds) * 1_000_000_000ul,
            LastUse = ++_uses,
            Length = writer.Length,
        };
    }

    /// <summary>The encoded field for an address; empty where nobody in the scope was seen to look it up.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> address, NameScope scope, ulong timestamp)
    {
        var key = new Key(address, scope);
        var first = key.Set * Ways;
        for (var i = first; i < first + Ways; i++)
        {
            ref var slot = ref _slots[i];
            if (slot.Key == key && slot.Length > 0)
            {
                if (timestamp > slot.ExpiresAt)
                {
                    return [];
                }

                slot.LastUse = ++_uses;
                return _fields.AsSpan(i * MaxFieldBytes, slot.Length);
            }
        }

        return [];
    }

    private readonly record struct Key(ulong AddressHigh, ulong AddressLow, NameScope Scope)
    {
        public Key(ReadOnlySpan<byte> address, NameScope scope)
            : this(BinaryPrimitives.ReadUInt64LittleEndian(address), BinaryPrimitives.ReadUInt64LittleEndian(address[8..]), scope)
        {
        }

        // As FragmentCache does it.
        public int Set
        {
            get
            {
                var mixed = AddressHigh ^ BitOperations.RotateLeft(AddressLow, 29)
                    ^ BitOperations.RotateLeft(Scope.High, 13) ^ BitOperations.RotateLeft(Scope.Low, 47);
                return (int)((mixed * 0x9e3779b97f4a7c15) >> 40) & (Sets - 1);
            }
        }
    }

    private struct Slot
    {
        public Key Key;
        public ulong ExpiresAt;
        public ulong LastUse;
        public int Length;
    }
}
