"""The database engine `flagforge.postgresql`: Django's own, but it waits for nobody for ever and compiles no questions."""
