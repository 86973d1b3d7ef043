namespace Monitor.Bpf.Schema;

#pragma warning disable CA1720 // Signed and unsigned is what they are.
/// <summary>What the bytes of a field mean. Numbers are in the machine's byte order where nothing else is said.</summary>
public enum FieldKind
{
    /// <summary>Whole number with a sign.</summary>
    Signed,

    /// <summary>Whole number without a sign.</summary>
    Unsigned,

    /// <summary>bool: zero or not.</summary>
    Boolean,

    /// <summary>Number with names, see <see cref="RecordField.Names"/>.</summary>
    Enum,

    /// <summary>Array of char: UTF-8 up to the first NUL or the end.</summary>
    Text,

    /// <summary>Array of __u8.</summary>
    Bytes,

    /// <summary>nanoseconds_t: how long something took.</summary>
    Duration,

    /// <summary>boot_time_t: nanoseconds on CLOCK_BOOTTIME.</summary>
    Time,

    /// <summary>ipv4_address_t: 4 bytes in network byte order.</summary>
    Ipv4,

    /// <summary>ip_address_t: 16 bytes of an IPv6 address, in which IPv4 is ::ffff:a.b.c.d.</summary>
    Ip,

    /// <summary>port_number_t.</summary>
    Port,

    /// <summary>network_port_t: in network byte order.</summary>
    NetworkPort,

    /// <summary>kernel_symbol_t: an address in the kernel's code.</summary>
    KernelSymbol,

    /// <summary>kernel_stack_t: key in the object's map <c>stacks</c>; negative where there is none.</summary>
    KernelStack,

    /// <summary>error_number_t: errno(3) with either sign; 0 for no error.</summary>
    ErrorNumber,
}
