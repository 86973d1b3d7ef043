namespace Grpc.Core;

/// <summary>Adds credentials to the headers of a call that is about to start. Called concurrently.</summary>
/// <param name="context">The call.</param>
/// <param name="metadata">The headers to add to.</param>
/// <returns>A task that lets the call start when it completes, and fails it when it fails.</returns>
public delegate Task AsyncAuthInterceptor(AuthInterceptorContext context, Metadata metadata);
