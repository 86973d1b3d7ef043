using System.Runtime.CompilerServices;
using Monitor.Protocol;
using Monitor.V1;

namespace Monitor.Events;

/// <summary>Sums of the counts of losses, one for each cause.</summary>
[InlineArray(ResumeToken.LossCauses)]
internal struct LossCounts
{
    private ulong _first;

    /// <summary>The slot of a cause; causes that this version does not know count as unspecified.</summary>
    public static int Slot(LossCause cause) => (uint)cause < ResumeToken.LossCauses ? (int)cause : 0;

    /// <summary>The columns of a loss.</summary>
    public static EventColumns ColumnsOf(Loss loss) => EventColumns.ForLoss(
        Slot(loss.Cause), loss.Count, loss.LastTime is null ? 0 : UnixNanos.From(loss.LastTime) ?? 0);

    /// <summary>The difference to an earlier state of the same counts.</summary>
    public readonly LossCounts Since(in LossCounts earlier)
    {
        LossCounts difference = default;
        for (var slot = 0; slot < ResumeToken.LossCauses; slot++)
        {
            difference[slot] = unchecked(this[slot] - earlier[slot]);
        }

        return difference;
    }

    /// <summary>Adds one loss by its columns.</summary>
    /// <remarks>Agents can claim any number, so the sum stops at the highest value.</remarks>
    public void Add(in EventColumns loss)
    {
        ref var sum = ref this[(int)loss.PidValue];
        sum = sum > ulong.MaxValue - loss.SourceLow ? ulong.MaxValue : sum + loss.SourceLow;
    }

    /// <summary>Whether no count is below that of an earlier state.</summary>
    public readonly bool Covers(in LossCounts earlier)
    {
        for (var slot = 0; slot < ResumeToken.LossCauses; slot++)
        {
            if (this[slot] < earlier[slot])
            {
                return false;
            }
        }

        return true;
    }
}
