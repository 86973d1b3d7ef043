namespace Monitor.Bpf;

#pragma warning disable CS1591 // The members are the kernel's, described in linux/bpf.h; the numbers are its interface.
/// <summary>
/// enum bpf_attach_type of linux/bpf.h, the part that monitors use. libbpf finds most of them by section name; the unix
/// ones came with 6.7 and have to be set, together with the program's type, where libbpf is older (before 1.3).
/// </summary>
public enum BpfAttachType
{
    CgroupInetIngress = 0,
    CgroupInetEgress = 1,
    CgroupInetSockCreate = 2,
    CgroupSockOps = 3,
    CgroupInet4Bind = 8,
    CgroupInet6Bind = 9,
    CgroupInet4Connect = 10,
    CgroupInet6Connect = 11,
    CgroupInet4PostBind = 12,
    CgroupInet6PostBind = 13,
    CgroupUdp4Sendmsg = 14,
    CgroupUdp6Sendmsg = 15,
    CgroupUdp4Recvmsg = 19,
    CgroupUdp6Recvmsg = 20,
    CgroupGetsockopt = 21,
    CgroupSetsockopt = 22,
    TraceRawTracepoint = 23,
    TraceFentry = 24,
    TraceFexit = 25,
    TraceIterator = 28,
    CgroupInet4GetPeerName = 29,
    CgroupInet6GetPeerName = 30,
    CgroupInet4GetSockName = 31,
    CgroupInet6GetSockName = 32,
    CgroupInetSockRelease = 34,
    Xdp = 37,
    TcxIngress = 46,
    TcxEgress = 47,
    CgroupUnixConnect = 49,
    CgroupUnixSendmsg = 50,
    CgroupUnixRecvmsg = 51,
    CgroupUnixGetPeerName = 52,
    CgroupUnixGetSockName = 53,
}
