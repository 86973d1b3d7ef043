namespace Grpc.Core;

/// <summary>Checks a server whose certificate TLS has accepted already.</summary>
/// <param name="context">The server.</param>
/// <returns><see langword="true"/> to accept it.</returns>
public delegate bool VerifyPeerCallback(VerifyPeerContext context);
