using Monitor.Bpf.Interop;

namespace Monitor.Bpf.Attaching;

/// <summary>Finds network interfaces.</summary>
public static class InterfaceIndex
{
    /// <summary>The kernel's number of an interface, in the network namespace of this thread.</summary>
    /// <param name="name">Such as eth0.</param>
    /// <exception cref="BpfException">It does not exist.</exception>
    public static int Of(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        var index = Libc.if_nametoindex(name);
        return index != 0 ? (int)index : throw BpfException.FromLastError("looking for the network interface", name);
    }
}
