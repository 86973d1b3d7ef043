using System.Runtime.InteropServices;
using Monitor.Sandbox.Interop;

namespace Monitor.Sandbox.Rights;

/// <summary>
/// The capabilities of the calling thread. Linux keeps them for each thread, and the runtime has threads that managed code
/// cannot reach: to take them from a whole process, take them from one thread and let it start a <see cref="Images.FreshImage"/>.
/// </summary>
public static unsafe class ThreadRights
{
    /// <summary>Those that it has, or may make effective.</summary>
    /// <exception cref="SandboxException">The kernel refused.</exception>
    public static CapabilitySet Permitted => Read().Permitted;

    /// <summary>Makes some of the permitted ones effective, and no others. It can be changed again.</summary>
    /// <exception cref="SandboxException">One is not permitted.</exception>
    public static void MakeEffective(CapabilitySet capabilities)
    {
        var (_, permitted, inheritable) = Read();
        Write(capabilities, permitted, inheritable);
    }

    /// <summary>
    /// Gives up for good all capabilities but some, for this thread and the images that it executes, whoever its user is
    /// and whatever its file says.
    /// </summary>
    /// <param name="kept">Those to keep, of which it keeps what it has.</param>
    /// <exception cref="SandboxException">The kernel refused; the thread may have less than before.</exception>
    public static void GiveUpAllBut(CapabilitySet kept)
    {
        // From here on, no image has more than the one before: neither root nor a file gives anything.
        Check(Libc.prctl(Libc.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "forbidding new privileges");
        var (_, permitted, _) = Read();
        if (permitted.Contains(Capability.SetPcap))
        {
            MakeEffective(permitted);
            foreach (var number in Bounding().Without(kept).Numbers)
            {
                Check(Libc.prctl(Libc.PR_CAPBSET_DROP, (nuint)number, 0, 0, 0), "cutting the bounding set");
            }
        }

        // Root gets back what the bounding set has, another user what is ambient.
        kept = kept.And(permitted).And(Bounding());
        Check(Libc.prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), "clearing the ambient capabilities");
        Write(kept, kept, kept);
        if (Libc.geteuid() == 0)
        {
            return;
        }

        foreach (var number in kept.Numbers)
        {
            Check(Libc.prctl(Libc.PR_CAP_AMBIENT, Libc.PR_CAP_AMBIENT_RAISE, (nuint)number, 0, 0), "keeping capabilities");
        }
    }

    private static CapabilitySet Bounding()
    {
        var bits = 0ul;
        // Up to the last one that this kernel has.
        for (var number = 0; number < 64 && Libc.prctl(Libc.PR_CAPBSET_READ, (nuint)number, 0, 0, 0) is >= 0 and var has; number++)
        {
            bits |= (ulong)has << number;
        }

        return new CapabilitySet(bits);
    }

    private static (CapabilitySet Effective, CapabilitySet Permitted, CapabilitySet Inheritable) Read()
    {
        var header = new Libc.CapabilityHeader { Version = Libc.CAPABILITY_VERSION_3 };
        var data = stackalloc Libc.CapabilityData[2];
        Check(Libc.capget(&header, data), "reading the capabilities");
        return (Set(data[0].Effective, data[1].Effective), Set(data[0].Permitted, data[1].Permitted),
            Set(data[0].Inheritable, data[1].Inheritable));
    }

    private static void Write(CapabilitySet effective, CapabilitySet permitted, CapabilitySet inheritable)
    {
        var header = new Libc.CapabilityHeader { Version = Libc.CAPABILITY_VERSION_3 };
        var data = stackalloc Libc.CapabilityData[2];
        for (var i = 0; i < 2; i++)
        {
            data[i].Effective = (uint)(effective.Bits >> (32 * i));
            data[i].Permitted = (uint)(permitted.Bits >> (32 * i));
            data[i].Inheritable = (uint)(inheritable.Bits >> (32 * i));
        }

        Check(Libc.capset(&header, data), "giving up capabilities");
    }

    private static CapabilitySet Set(uint low, uint high) => new(low | (ulong)high << 32);

    private static void Check(int result, string operation)
    {
        if (result < 0)
        {
            throw new SandboxException(operation, Marshal.GetLastPInvokeError());
        }
    }
}
