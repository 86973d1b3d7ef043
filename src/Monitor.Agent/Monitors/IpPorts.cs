namespace Monitor.Agent.Monitors;

/// <summary>Which protocols have ports.</summary>
internal static class IpPorts
{
    private const ushort Tcp = 6, Udp = 17, Dccp = 33, Sctp = 132, UdpLite = 136, Mptcp = 262;

    /// <param name="protocol">IANA number, or Linux's 262 for MPTCP.</param>
    public static bool Has(ushort protocol) => protocol is Tcp or Udp or Dccp or Sctp or UdpLite or Mptcp;
}
